"""Negotiate the content coding, and whether the client has the current copy already."""

CODINGS = ("identity", "gzip", "br")


def coding(header: str) -> int:
    """Return the index in `CODINGS` that `Accept-Encoding` prefers (RFC 9110, 12.5.3).

    q=0 forbids; of several with equal weight the smallest body is sent. `*` includes gzip, which
    every client knows, but never Brotli.
    """
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = part.split(";")
        weights[name.strip()] = _weight(parameters)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    preferred = (weights.get("identity", 0.0), gzip, weights.get("br", 0.0))
    best = max(range(len(CODINGS)), key=lambda index: (preferred[index], index))
    return best if preferred[best] > 0 else 0


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
    """Decide whether `If-None-Match` names this copy, compared weakly (RFC 9110, 13.1.2)."""
    opaque = etag.removeprefix("W/")
    tags = [tag.strip() for tag in header.split(",")]
    return tags == ["*"] or any(tag.removeprefix("W/") == opaque for tag in tags)
