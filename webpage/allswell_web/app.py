"""The Flask app with all its views. A view shows its `Order` and reads nothing else."""

import base64
import hashlib
from pathlib import Path

from flask import Flask, render_template
from markupsafe import Markup

from allswell_web import language, machine, parts, reply
from allswell_web.reply import Notices

_CSS = Path(__file__).parent / "templates" / "page.css"


def create(base_url: str = "") -> Flask:
    """The app. `base_url` is where pages without a host name of their own are reached."""
    app = Flask("allswell_web", static_folder=None)
    css = minified(_CSS.read_text(encoding="utf-8"))
    app.config["BASE_URL"] = base_url.rstrip("/")
    app.config["POLICY"] = policy(css)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # Our own file and no input: it must stand unescaped for its hash to be true.
    app.jinja_env.globals["css"] = Markup(css)  # noqa: S704
    app.register_blueprint(parts.views)
    app.register_blueprint(machine.views)
    return app


def minified(css: str) -> str:
    """A style sheet without its indentation and line ends, which nobody reads."""
    return "".join(line.strip() for line in css.splitlines())


def policy(css: str) -> str:
    """The content security policy: nothing but this style sheet and pictures of our own."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def notices(app: Flask) -> Notices:
    """The constant answers in the look of the page."""
    with app.app_context():
        return reply.notices(
            render_template("not_found.html", language=language.SOURCE),
            render_template("unavailable.html", language=language.SOURCE),
            app.config["POLICY"],
        )
