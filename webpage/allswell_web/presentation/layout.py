"""Build what is common to every part of a page: its name, its languages, its links."""

from allswell_web.graphics import theme
from allswell_web.presentation import view
from allswell_web.presentation.context import PageContext
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import languages, markdown, untrusted_text


def frame(context: PageContext, heading: str, status: ComponentStatus) -> view.FrameView:
    """Build the frame of a part whose heading and status are known."""
    page, links, horizon = context.facts.page, context.links, context.state.horizon
    return view.FrameView(
        title=untrusted_text.line(page.title),
        description=markdown.html(page.description, context.owner_lang),
        heading=heading,
        status=status,
        as_of=None if horizon is None else context.moment(horizon, seconds=True),
        zone=str(context.state.zone),
        language=context.language.code,
        owner_lang=context.owner_lang,
        root=links.root,
        home=links.home,
        history=links.history(),
        canonical=_canonical(context),
        languages=_languages(context),
        alternates=_alternates(context),
        links=tuple(view.LinkView(untrusted_text.line(it.title), it.url) for it in page.look.links),
        picture=_absolute(context, f"og/{status.value}.png"),
        look=_look(context, status),
    )


def _look(context: PageContext, status: ComponentStatus) -> view.LookView:
    pictures = context.facts.pictures
    return view.LookView(
        css=theme.of(context.facts.page.look),
        logo=theme.address("logo", pictures.logo),
        favicon=theme.address("favicon", pictures.favicon),
        icon=theme.icon(pictures.favicon, status),
    )


def _canonical(context: PageContext) -> str:
    return (
        _absolute(context, context.links.from_root(context.language, context.own_language))
        if context.url
        else ""
    )


def _absolute(context: PageContext, path: str) -> str:
    """Return an address that also holds outside of the page, where the page's own is known."""
    return (context.url or context.links.root) + path


def _languages(context: PageContext) -> tuple[view.LinkView, ...]:
    return tuple(
        view.LinkView(
            one.name,
            context.links.in_language(one, context.own_language),
            current=one is context.language,
            code=one.code,
        )
        for one in languages.available()
    )


def _alternates(context: PageContext) -> tuple[view.LinkView, ...]:
    """Return links for search engines, which want absolute addresses: none without a host name."""
    if not context.url:
        return ()
    alternates = [
        view.LinkView(
            "",
            _absolute(context, context.links.from_root(one, context.own_language)),
            code=one.code,
        )
        for one in languages.available()
    ]
    own = _absolute(context, context.links.from_root(context.own_language, context.own_language))
    return (*alternates, view.LinkView("", own, code="x-default"))
