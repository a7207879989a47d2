"""Create the Flask app with all its views. A view renders its `RenderOrder` and nothing else."""

from flask import Flask, render_template

from allswell_web.api import views
from allswell_web.graphics import assets, icons
from allswell_web.pages import embed, image_views
from allswell_web.pages import views as pages_views
from allswell_web.responses import constant_responses, csp
from allswell_web.responses import notices as responses_notices
from allswell_web.responses.constant_responses import ConstantResponses
from allswell_web.text import languages


def create(base_url: str = "") -> Flask:
    """Create the app. `base_url` is the address of pages without a host name of their own."""
    app = Flask("allswell_web", static_folder=None)
    app.config["BASE_URL"] = base_url.rstrip("/")
    app.config["POLICY"] = csp.of([assets.CSS], [assets.SCRIPT])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "css": assets.CSS,
        "script": assets.SCRIPT,
        "shapes": {status.value: shape for status, shape in icons.SHAPES.items()},
    }
    app.register_blueprint(pages_views.views)
    app.register_blueprint(views.views)
    app.register_blueprint(embed.views)
    app.register_blueprint(image_views.views)
    return app


def notices(app: Flask) -> ConstantResponses:
    """Render the constant notices in the style of the page."""
    with app.app_context():
        return constant_responses.notices(
            render_template(
                "notice.html",
                language=languages.SOURCE,
                translations=responses_notices.NOT_FOUND.translations(),
            ),
            render_template(
                "notice.html",
                language=languages.SOURCE,
                translations=responses_notices.UNAVAILABLE.translations(),
            ),
            app.config["POLICY"],
        )
