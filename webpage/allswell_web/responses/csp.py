"""What a browser may do with a page: nothing but what stands in it, known by its hash."""

from collections.abc import Iterable

from allswell_web.graphics import stylesheets


def of(sheets: Iterable[str], scripts: Iterable[str] = ()) -> str:
    """The content security policy of a page with just these style sheets and scripts in it."""
    parts = [
        "default-src 'none'",
        f"style-src {' '.join(map(_named, sheets))}",
        f"script-src {' '.join(map(_named, scripts))}" if scripts else "",
        "img-src 'self'",
        # For tools that fetch robots.txt from within the page, as Lighthouse does; no script does.
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(part for part in parts if part)


def _named(text: str) -> str:
    return f"'{stylesheets.digest(text)}'"
