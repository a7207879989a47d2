"""What stands around every part of a page: its name, its languages, its addresses."""

from allswell_web.graphics import theme
from allswell_web.presentation import view
from allswell_web.presentation.context import PageContext
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import language, markdown, untrusted_text


def frame(scene: PageContext, heading: str, condition: ComponentStatus) -> view.FrameView:
    """The frame of a part whose heading and condition are known."""
    page, place, horizon = scene.found.page, scene.place, scene.it.horizon
    return view.FrameView(
        title=untrusted_text.line(page.title),
        description=markdown.html(page.description, scene.foreign),
        heading=heading,
        status=condition,
        as_of=None if horizon is None else scene.moment(horizon, seconds=True),
        zone=str(scene.it.zone),
        language=scene.say.code,
        own=scene.foreign,
        root=place.root,
        home=place.home,
        history=place.history(),
        canonical=_canonical(scene),
        languages=_languages(scene),
        alternates=_alternates(scene),
        links=tuple(view.LinkView(untrusted_text.line(it.title), it.url) for it in page.look.links),
        picture=_absolute(scene, f"og/{condition.value}.png"),
        look=_look(scene, condition),
    )


def _look(scene: PageContext, condition: ComponentStatus) -> view.LookView:
    pictures = scene.found.pictures
    return view.LookView(
        css=theme.of(scene.found.page.look),
        logo=theme.address("logo", pictures.logo),
        favicon=theme.address("favicon", pictures.favicon),
        icon=theme.icon(pictures.favicon, condition),
    )


def _canonical(scene: PageContext) -> str:
    return _absolute(scene, scene.place.beside(scene.say, scene.own)) if scene.url else ""


def _absolute(scene: PageContext, path: str) -> str:
    """An address that holds outside of the page too, where the page's own is known."""
    return (scene.url or scene.place.root) + path


def _languages(scene: PageContext) -> tuple[view.LinkView, ...]:
    return tuple(
        view.LinkView(
            one.name,
            scene.place.in_language(one, scene.own),
            current=one is scene.say,
            code=one.code,
        )
        for one in language.every()
    )


def _alternates(scene: PageContext) -> tuple[view.LinkView, ...]:
    """For search engines, which want whole addresses: none where the page has no host name."""
    if not scene.url:
        return ()
    found = [
        view.LinkView("", _absolute(scene, scene.place.beside(one, scene.own)), code=one.code)
        for one in language.every()
    ]
    own = _absolute(scene, scene.place.beside(scene.own, scene.own))
    return (*found, view.LinkView("", own, code="x-default"))
