"""Write the content security policy: a browser may use only what is in the page, by its hash."""

from collections.abc import Iterable

from allswell_web.graphics import stylesheets


def of(sheets: Iterable[str], scripts: Iterable[str] = ()) -> str:
    """Write the policy of a page with just these inline style sheets and scripts."""
    parts = [
        "default-src 'none'",
        f"style-src {' '.join(map(_quoted_digest, sheets))}",
        f"script-src {' '.join(map(_quoted_digest, scripts))}" if scripts else "",
        "img-src 'self'",
        # For tools that fetch robots.txt from within the page, as Lighthouse does.
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(part for part in parts if part)


def _quoted_digest(text: str) -> str:
    return f"'{stylesheets.digest(text)}'"
