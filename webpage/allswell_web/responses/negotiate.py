"""What a request's headers ask for: a coding, and whether the reader has this copy already."""

CODINGS = ("identity", "gzip", "br")


def coding(header: str) -> int:
    """The place in `CODINGS` of what `Accept-Encoding` likes best (RFC 9110, 12.5.3).

    q=0 forbids; of several that are equally welcome the smallest body is sent. `*` may mean gzip,
    which everybody knows, and never Brotli.
    """
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = part.split(";")
        weights[name.strip()] = _weight(parameters)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    liked = (weights.get("identity", 0.0), gzip, weights.get("br", 0.0))
    best = max(range(len(CODINGS)), key=lambda place: (liked[place], place))
    return best if liked[best] > 0 else 0


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def has_copy(header: str, etag: str) -> bool:
    """Whether `If-None-Match` names this copy, compared weakly (RFC 9110, 13.1.2)."""
    wanted = etag.removeprefix("W/")
    tags = [tag.strip() for tag in header.split(",")]
    return tags == ["*"] or any(tag.removeprefix("W/") == wanted for tag in tags)
