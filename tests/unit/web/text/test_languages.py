"""Check that the catalogues are complete, compiled, and true to each language's forms."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from babel import Locale
from babel.dates import format_skeleton
from babel.messages.catalog import Message

from allswell_web import app
from allswell_web.presentation import context, presenter
from allswell_web.presentation.view import PageView
from allswell_web.responses import notices
from allswell_web.text import labels, languages, times
from allswell_web.text.languages import Language
from tests import catalogues
from tests.unit.web import fakes, harness, pseudo

NAMED = re.compile(r"\{[a-z0-9]+\}")
EVERY = pytest.mark.parametrize("code", catalogues.CODES)


def translations(code: str) -> list[tuple[Message, tuple[str, ...]]]:
    strings = []
    for message in catalogues.read(code):
        if message.id:
            texts = message.string
            strings.append((message, (texts,) if isinstance(texts, str) else tuple(texts or ())))
    return strings


@EVERY
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    catalogue, source = catalogues.read(code), catalogues.template()
    assert [message.id for message in catalogues.lacking(catalogue, source)] == []
    assert [message.id for message in catalogues.surplus(catalogue, source)] == []


@EVERY
def test_what_is_read_at_run_time_is_what_the_catalogue_says(code: str) -> None:
    stored = (languages.FOLDER / f"{code}.mo").read_bytes()
    assert stored == catalogues.compiled(catalogues.read(code))


@EVERY
def test_a_translation_names_what_its_message_names(code: str) -> None:
    for message, texts in translations(code):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        names = {name for text in ids for name in NAMED.findall(text)}
        for text in texts:
            assert set(NAMED.findall(text)) == names, text


@EVERY
def test_dates_and_the_decimal_mark_are_those_of_the_language(code: str) -> None:
    language, locale = languages.of(code), Locale.parse(code.replace("-", "_"))
    for number in range(1, 13):
        day, later = date(2026, number, 3), date(2027, 1, 1)
        assert times.day_text(day, day, language) == format_skeleton("MMMd", day, locale=locale)
        assert times.day_text(day, later, language) == format_skeleton("yMMMd", day, locale=locale)
        assert times.month_text(day, language) == format_skeleton("yMMMM", day, locale=locale)
    mark = locale.number_symbols["latn"]["decimal"]
    assert labels.number(language, "99.98") == f"99{mark}98"


@EVERY
def test_the_forms_of_one_and_many_are_those_of_the_language(code: str) -> None:
    forms = {"ja": 1, "zh-Hans": 1}.get(code, 2)
    plural = [texts for message, texts in translations(code) if not isinstance(message.id, str)]
    assert plural
    assert {len(texts) for texts in plural} == {forms}


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("en", 1, "Details of 1 day"),
        ("en", 0, "Details of 0 days"),
        ("de", 2, "Details zu 2 Tagen"),
        ("fr", 0, "Détails de 0 jour"),
        ("fr", 2, "Détails de 2 jours"),
        ("pt-BR", 1, "Detalhes de 1 dia"),
        ("ja", 1, "1日分の詳細"),
        ("zh-Hans", 5, "5 天的详情"),
    ],
)
def test_a_number_chooses_its_form(code: str, number: int, text: str) -> None:
    language = languages.of(code)
    assert language.plural("Details of {number} day", "Details of {number} days", number) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "2 Mar 2025"),
        ("de", "2. März 2025"),
        ("pt-BR", "2 de mar. de 2025"),
        ("ja", "2025年3月2日"),
    ],
)
def test_a_day_of_another_year_is_written_as_the_language_does(code: str, text: str) -> None:
    assert times.day_text(date(2025, 3, 2), date(2026, 3, 2), languages.of(code)) == text


def test_lengths_of_time_have_the_units_of_the_language() -> None:
    length = timedelta(days=2, hours=3)
    assert labels.duration(languages.of("de"), length) == "2 T 3 h"
    assert labels.duration(languages.of("zh-Hans"), length) == "2 天 3 小时"


def test_a_language_that_we_do_not_speak_is_english() -> None:
    assert languages.of("tlh") is languages.ENGLISH


@pytest.mark.parametrize("language", languages.available(), ids=lambda language: language.code)
def test_every_language_has_its_path_and_says_which_it_is(language: Language) -> None:
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component())))
    text = bench.ask(f"/{language.path}/").text
    assert f'<html lang="{language.code}">' in text
    assert language.text("All systems operational") in text
    assert f'lang="{language.code}" aria-current="true"' in text


def test_a_value_in_a_template_is_escaped_and_markup_is_kept() -> None:
    language = pseudo.LANGUAGE
    assert language.markup("since {time}", time="<b>") == pseudo.told("since &lt;b&gt;")


class Texts(HTMLParser):
    """Notes every text that somebody reads, those of attributes too."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("style", "script", "code")
        read_out = ("aria-label", "alt", "title", "data-90", "data-60", "data-30")
        read = [value for name, value in attrs if name in read_out and value]
        if ("name", "description") in attrs:
            read += [value for name, value in attrs if name == "content" and value]
        if tag != "link":
            self.texts += read

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


OWNERS = ("Acme Status", "Public API", "Errors in the API", "Upgrade of the database", "We look.")
NAMES = ("Atom", "RSS", "JSON", "UTC", "allswell", "p95", *languages.NAMES.values())


def rendered(template: str, **values: object) -> str:
    flask = app.create()
    language = pseudo.LANGUAGE
    with flask.app_context():
        jinja_template = flask.jinja_env.get_template(template)
        return jinja_template.render(
            language=language.code, _=language.markup, plural=language.plural, **values
        )


def pages() -> dict[str, str]:
    facts = pseudo.everything()
    buckets = {"comp00000001": fakes.day_of_buckets()}
    page_context = context.of(facts, buckets, fakes.NOW, language=pseudo.LANGUAGE)
    page: PageView = presenter.page(page_context)
    return {
        "page": rendered("page.html", page=page),
        "part": rendered(
            "component.html", page=presenter.component_page(page_context, "comp00000001")
        ),
        "said": rendered(
            "announcement.html", page=presenter.announcement_page(page_context, "inci00000001")
        ),
        "month": rendered("history.html", page=presenter.history_page(page_context)),
    }


@pytest.mark.parametrize("name", ["page", "part", "said", "month"])
def test_no_text_of_ours_is_missing_in_the_catalogues(name: str) -> None:
    """In a language of brackets, every letter outside of them was never translated."""
    parser = Texts()
    parser.feed(pages()[name])
    left = pseudo.outside("\n".join(parser.texts))
    for foreign in (*OWNERS, *NAMES):
        left = left.replace(foreign, "")
    assert re.findall(r"[^\W\d_]+", left) == []


@pytest.mark.parametrize(
    ("code", "begins"), [("ar", ' dir="rtl"'), ("he-IL", ' dir="rtl"'), ("ja", "")]
)
def test_a_page_is_turned_by_its_language(code: str, begins: str) -> None:
    flask, language = app.create(), Language(code)
    with flask.app_context():
        jinja_template = flask.jinja_env.get_template("notice.html")
        html = jinja_template.render(
            language=language.code,
            direction=language.direction,
            translations=notices.NOT_FOUND.translations(),
        )
    assert f'<html lang="{code}"{begins}>' in html
