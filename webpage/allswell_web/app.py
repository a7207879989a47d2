"""The Flask app with all its views. A view shows its `Order` and reads nothing else."""

from flask import Flask, render_template

from allswell_web import (
    drawings,
    embed,
    icons,
    language,
    machine,
    notice,
    parts,
    policy,
    reply,
    sources,
)
from allswell_web.reply import Notices


def create(base_url: str = "") -> Flask:
    """The app. `base_url` is where pages without a host name of their own are reached."""
    app = Flask("allswell_web", static_folder=None)
    app.config["BASE_URL"] = base_url.rstrip("/")
    app.config["POLICY"] = policy.of([sources.CSS], [sources.SCRIPT])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "css": sources.CSS,
        "script": sources.SCRIPT,
        "shapes": {what.value: shape for what, shape in icons.SHAPES.items()},
    }
    app.register_blueprint(parts.views)
    app.register_blueprint(machine.views)
    app.register_blueprint(embed.views)
    app.register_blueprint(drawings.views)
    return app


def notices(app: Flask) -> Notices:
    """The constant answers in the look of the page."""
    with app.app_context():
        return reply.notices(
            render_template("notice.html", language=language.SOURCE, said=notice.NOT_FOUND.said()),
            render_template(
                "notice.html", language=language.SOURCE, said=notice.UNAVAILABLE.said()
            ),
            app.config["POLICY"],
        )
