"""The Flask app with all its views. A view shows its `Order` and reads nothing else."""

from pathlib import Path

from flask import Flask, render_template
from markupsafe import Markup

from allswell_web import embed, language, machine, parts, reply, styles
from allswell_web.reply import Notices

_CSS = Path(__file__).parent / "templates" / "page.css"


def create(base_url: str = "") -> Flask:
    """The app. `base_url` is where pages without a host name of their own are reached."""
    app = Flask("allswell_web", static_folder=None)
    css = styles.minified(_CSS.read_text(encoding="utf-8"))
    app.config["BASE_URL"] = base_url.rstrip("/")
    app.config["POLICY"] = policy(css)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # Our own file and no input: it must stand unescaped for its hash to be true.
    app.jinja_env.globals["css"] = Markup(css)  # noqa: S704
    app.register_blueprint(parts.views)
    app.register_blueprint(machine.views)
    app.register_blueprint(embed.views)
    return app


def policy(css: str) -> str:
    """The content security policy: nothing but this style sheet and pictures of our own."""
    return (
        f"default-src 'none'; style-src '{styles.digest(css)}'; img-src 'self'; "
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
