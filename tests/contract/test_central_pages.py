"""Pages and what is read of them, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from allswell.central.page_data import PagePictures
from allswell.domain import timeline
from allswell.domain.health import HealthClaim
from allswell.domain.spec.access import Access
from allswell.domain.spec.look import PageLink, PageLook
from allswell.domain.spec.page import ComponentSpec
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.central_database import (
    DAY,
    HOUR,
    NOON,
    Central,
    day_report,
    lines,
    monitor,
    page,
    transition,
)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Yield the statements that are sent, transactions' own apart."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_a_page_is_read_as_it_was_put(central: Central) -> None:
    central.add()
    identity = central.show("api")
    (found,) = central.reader.pages()
    assert found.id == identity
    assert (found.namespace, found.name) == ("acme", "main")
    assert (found.title, found.description, found.time_zone) == ("Acme", "All of it", "UTC")
    assert found.hostnames == ()
    assert (found.created_at, found.updated_at) == (NOON, NOON)
    assert central.writer.pages() == central.reader.pages()


@pytest.mark.parametrize(
    "access", [Access("scrypt:x"), Access("", ("192.0.2.0/24", "2001:db8::/32"))]
)
def test_who_may_see_a_page_is_kept_and_a_change_of_it_makes_the_page_newer(
    central: Central, access: Access
) -> None:
    identity = central.show()
    before = central.version(identity)
    closed = replace(page(), access=access)
    for _ in range(2):
        central.writer.put_page(closed, (), NOON, namespace_uid="ns")
    assert central.version(identity) == before + 1
    (found,) = central.reader.pages()
    assert found.is_private
    kept = Access(found.password_hash, found.allowed_networks)
    assert kept == access
    central.writer.put_page(page(), (), NOON, namespace_uid="ns")
    (found,) = central.reader.pages()
    assert not found.is_private


def test_putting_a_page_again_writes_nothing(central: Central) -> None:
    central.add("api")
    central.add("web")
    central.show("api", "web")
    before = central.reader.pages()
    central.show("api", "web", at=NOON + HOUR)
    assert central.reader.pages() == before


@pytest.mark.parametrize(
    "shown",
    [
        lines("web", "api"),
        lines("api"),
        (ComponentSpec("API", "api", "API"), ComponentSpec("API", "web", "Web site")),
        (ComponentSpec("API", "api", "API"), ComponentSpec("Rest", "web", "WEB")),
        (),
    ],
    ids=["order", "fewer", "title", "group", "none"],
)
def test_a_change_of_what_a_page_lists_makes_it_newer(
    central: Central, shown: tuple[ComponentSpec, ...]
) -> None:
    central.add("api")
    central.add("web")
    identity = central.show("api", "web")
    before = central.version(identity)
    assert central.writer.put_page(page(), shown, NOON, namespace_uid="ns") == identity
    assert central.version(identity) == before + 1
    facts = central.reader.facts(identity, NOON)
    assert facts is not None
    found = tuple(ComponentSpec(entry.group, entry.name, entry.title) for entry in facts.components)
    assert found == shown


def test_another_title_makes_a_page_newer_and_another_incarnation_does_not(
    central: Central,
) -> None:
    identity = central.show()
    before = central.version(identity)
    central.writer.put_page(page(uid="u2"), (), NOON, namespace_uid="ns")
    assert central.version(identity) == before
    central.writer.put_page(page("Other", uid="u2"), (), NOON + HOUR, namespace_uid="ns")
    assert central.version(identity) == before + 1
    assert central.reader.pages()[0].updated_at == NOON + HOUR


def test_a_page_keeps_its_look_and_its_pictures_are_read_with_its_facts_only(
    central: Central,
) -> None:
    look = PageLook("de", (PageLink("Help", "https://a.example"),), "data:l", "data:f", "#0f7d64")
    identity = central.show()
    before = central.version(identity)
    wanted = replace(page(), look=look)
    for _ in range(2):
        central.writer.put_page(wanted, (), NOON, namespace_uid="ns")
    assert central.version(identity) == before + 1
    assert central.reader.pages()[0].look == look.without_pictures()
    facts = central.said(identity, NOON)
    assert (facts.page.look, facts.pictures) == (
        look.without_pictures(),
        PagePictures("data:l", "data:f"),
    )
    central.writer.put_page(
        replace(page(), look=replace(look, logo="data:m")), (), NOON, namespace_uid="ns"
    )
    assert central.version(identity) == before + 2


def test_a_hidden_page_is_not_read_and_comes_back_with_its_public_id(
    central: Central,
) -> None:
    identity = central.show()
    (before,) = central.reader.pages()
    assert central.writer.hide_page("acme", "main", NOON)
    assert not central.writer.hide_page("acme", "main", NOON)
    assert central.reader.pages() == ()
    assert central.reader.versions() == {}
    assert central.reader.facts(identity, NOON) is None
    assert central.show() == identity
    (after,) = central.reader.pages()
    assert after.public_id == before.public_id
    assert after.version > before.version


def test_another_namespace_of_that_name_gets_a_page_of_its_own(central: Central) -> None:
    first = central.show()
    second = central.writer.put_page(page(), (), NOON, namespace_uid="other")
    assert second != first
    assert [entry.id for entry in central.reader.pages()] == [second]


def test_a_page_shows_only_living_monitors_of_its_own_namespace(central: Central) -> None:
    own, hidden = central.add("own"), central.add("hidden")
    central.writer.register(monitor("foreign", "other"), namespace_uid="x", now=NOON)
    identity = central.show("own", "hidden", "foreign", "missing")
    central.writer.hide([hidden.id], NOON)
    facts = central.reader.facts(identity, NOON)
    assert facts is not None
    assert [entry.monitor for entry in facts.components] == [own.id]


def test_a_row_that_names_a_foreign_monitor_is_not_shown_either(central: Central) -> None:
    central.add()
    identity = central.show("api")
    with central.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE monitor SET namespace = 'other'")
    facts = central.reader.facts(identity, NOON)
    assert facts is not None
    assert facts.components == ()


def test_there_are_no_facts_of_a_page_that_is_not_there(central: Central) -> None:
    assert central.reader.facts(999, NOON) is None


def test_facts_hold_both_ledgers_and_the_days_of_the_window(central: Central) -> None:
    row = central.add()
    identity = central.show("api")
    now = NOON + 100 * DAY
    for sequence, state, days in ((1, State.UP, 0), (2, State.DOWN, 1), (3, State.UP, 99)):
        since = NOON + days * DAY
        central.writer.accept_transition(row.id, transition(sequence, state, since), since + HOUR)
    for days in (0, 8, 50):
        report = day_report((NOON + days * DAY).date())
        central.writer.accept_rollup(row.id, report, now)
    central.writer.open_unseen({row.id: NOON + 90 * DAY}, now)
    central.writer.observe(now)
    facts = central.reader.facts(identity, now)
    assert facts is not None
    assert facts.observed_through == now
    (component,) = facts.components
    assert component.claims == (
        HealthClaim(State.DOWN, NOON + DAY, "Timeout"),
        HealthClaim(State.UP, NOON + 99 * DAY),
    )
    assert component.received_at == (NOON + DAY + HOUR, NOON + 99 * DAY + HOUR)
    assert component.overlays == (Overlay(OverlayKind.UNSEEN, NOON + 90 * DAY),)
    days_read = [(entry.day - NOON.date()).days for entry in component.days]
    assert days_read == [8, 50]
    assert (component.born, component.interval) == (NOON, timedelta(minutes=1))
    assert (component.name, component.title, component.group) == ("api", "API", "API")


def test_an_overlay_that_ended_before_the_window_is_left_out(central: Central) -> None:
    row = central.add()
    identity = central.show("api")
    central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON)
    central.writer.register(monitor(), namespace_uid="ns", now=NOON + HOUR)
    within = central.reader.facts(identity, NOON + DAY, days=1)
    beyond = central.reader.facts(identity, NOON + 2 * DAY, days=1)
    assert within is not None
    assert beyond is not None
    assert len(within.components[0].overlays) == 1
    assert beyond.components[0].overlays == ()
    assert within.components[0].monitor == row.id


def test_claims_cut_at_the_window_say_the_same_as_all_of_them(central: Central) -> None:
    """A store that comes later overtakes claims that an earlier one dates after its own."""
    row = central.add()
    identity = central.show("api")
    reported = (
        transition(1, State.UP, NOON),
        transition(2, State.DOWN, NOON + 5 * DAY),
        transition(3, State.UP, NOON + 9 * DAY),
        transition(1, State.DEGRADED, NOON + 3 * DAY, "s2"),
        transition(2, State.DOWN, NOON + 8 * DAY, "s2"),
        transition(4, State.DOWN, NOON + 9 * DAY + HOUR),
    )
    now = NOON + 10 * DAY
    for entry in reported:
        central.writer.accept_transition(row.id, entry, now)
    ordered = sorted(reported, key=lambda entry: (entry.store, entry.sequence))
    claims = [entry.claim for entry in ordered]
    for days in range(11):
        facts = central.reader.facts(identity, now, days=days)
        assert facts is not None
        start = now - days * DAY
        found = facts.components[0].claims
        expected = timeline.segments(claims, (), start, now)
        assert timeline.segments(found, (), start, now) == expected


def test_the_number_of_queries_does_not_grow_with_the_page(central: Central) -> None:
    names = [f"m{number}" for number in range(40)]
    identity = central.show()
    with counted(central.engine) as few:
        central.reader.facts(identity, NOON)
    for name in names:
        row = central.add(name)
        central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    central.show(*names)
    with counted(central.engine) as many:
        facts = central.reader.facts(identity, NOON)
    assert facts is not None
    assert len(facts.components) == 40
    assert len(many) == len(few) == 6


def test_versions_are_one_query(central: Central) -> None:
    identity = central.show()
    with counted(central.engine) as sent:
        assert central.reader.versions() == {identity: 1}
    assert len(sent) == 1


def test_registering_what_is_registered_and_putting_what_is_put_writes_nothing(
    central: Central,
) -> None:
    central.add()
    central.show("api")
    with counted(central.engine) as sent:
        central.add()
        central.show("api")
    written = [text for text in sent if text.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written == []


def test_counts_name_every_table(central: Central) -> None:
    central.add()
    counts = central.counts()
    assert (counts["centre"], counts["monitor"], counts["store"]) == (1, 1, 1)
    assert sum(counts.values()) == 3
