from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from allswell.cli import manifests
from allswell.cli.manifests import ManifestFile, ManifestItem, Resource
from allswell.cli.secret import Secret
from allswell.cli.up import desired
from allswell.cli.up.desired import DesiredState
from allswell.cli.yamlfile import YamlDocument

A, B = Path("folder/a.yaml"), Path("folder/b.yaml")


def good(name: str, value: str = "1") -> ManifestItem:
    """Return an object; the simplest kind stands for all."""
    resource = Secret("default", name, {"k": value})
    return ManifestItem(("Secret", "default", name), resource, YamlDocument(A, None))


def wrong(name: str) -> ManifestItem:
    """Return an object with a mistake whose name can be told."""
    return ManifestItem(("Secret", "default", name), None, YamlDocument(A, None))


NAMELESS = ManifestItem(None, None, YamlDocument(A, None))


def file_with(file: Path, *items: ManifestItem, complete: bool = True) -> ManifestFile:
    return ManifestFile(file, items, (), complete)


def after(*reads: tuple[ManifestFile, ...]) -> DesiredState:
    state = DesiredState()
    for files in reads:
        state = desired.update(state, files)
    return state


def shown(state: DesiredState) -> dict[str, str]:
    return {
        resource.name: resource.values["k"]
        for resource in state.resources
        if isinstance(resource, Secret)
    }


def test_what_the_files_say_is_what_runs() -> None:
    assert shown(after((file_with(A, good("x")), file_with(B, good("y"))))) == {"x": "1", "y": "1"}


def test_a_change_takes_effect_and_an_object_taken_out_is_gone() -> None:
    state = after((file_with(A, good("x"), good("y")),), (file_with(A, good("x", "2")),))
    assert shown(state) == {"x": "2"}


def test_a_mistake_keeps_the_last_good_state_and_the_other_changes_are_made() -> None:
    state = after(
        (file_with(A, good("x"), good("y")),), (file_with(A, wrong("x"), good("y", "2")),)
    )
    assert shown(state) == {"x": "1", "y": "2"}


def test_an_object_that_was_never_good_does_not_run() -> None:
    assert shown(after((file_with(A, wrong("x")),))) == {}


def test_a_mistake_that_stays_keeps_the_last_good_state_for_ever() -> None:
    reads = [(file_with(A, good("x")),), *[(file_with(A, wrong("x")),)] * 5]
    assert shown(after(*reads)) == {"x": "1"}


def test_an_empty_file_deletes_nothing_and_that_is_said_while_it_is_so() -> None:
    empty = after((file_with(A, good("x")),), (file_with(A),), (file_with(A),))
    assert shown(empty) == {"x": "1"}
    assert [problem.wrong for problem in empty.problems] == [desired.EMPTY[0]]
    assert desired.update(empty, (file_with(A, good("x")),)).problems == ()


def test_a_file_that_was_empty_from_the_start_is_no_problem() -> None:
    assert after((file_with(A),)).problems == ()


def test_a_file_that_breaks_off_deletes_nothing_but_what_comes_before_counts() -> None:
    state = after(
        (file_with(A, good("x"), good("y")),), (file_with(A, good("x", "2"), complete=False),)
    )
    assert shown(state) == {"x": "2", "y": "1"}


def test_a_document_that_cannot_be_named_deletes_nothing() -> None:
    assert shown(after((file_with(A, good("x")),), (file_with(A, NAMELESS),))) == {"x": "1"}


def test_a_file_that_vanished_counts_until_it_was_missed_twice() -> None:
    there = (file_with(A, good("x")), file_with(B, good("y")))
    assert shown(after(there, (file_with(A, good("x")),))) == {"x": "1", "y": "1"}
    assert shown(after(there, *[(file_with(A, good("x")),)] * 2)) == {"x": "1"}


def test_a_file_that_came_back_must_be_missed_twice_again() -> None:
    there, gone = (file_with(A, good("x")),), ()
    assert shown(after(there, gone, there, gone)) == {"x": "1"}


def test_a_folder_that_cannot_be_read_deletes_nothing_of_it() -> None:
    unread = (file_with(Path("folder"), complete=False),)
    assert shown(after((file_with(A, good("x")),), *[unread] * 5)) == {"x": "1"}
    assert shown(after((file_with(A, good("x")),), *[unread] * 5, (file_with(B, good("y")),))) == {
        "x": "1",
        "y": "1",
    }


def test_an_object_may_move_to_another_file_with_a_mistake_on_the_way() -> None:
    state = after(
        (file_with(A, good("x")), file_with(B)), (file_with(A, good("z")), file_with(B, wrong("x")))
    )
    assert shown(state) == {"x": "1", "z": "1"}


MONITOR = """\
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {name: api}
spec: {http: {url: "https://example.com/"}}
"""
PAGE = """\
apiVersion: allswell.dev/v1alpha1
kind: StatusPage
metadata: {name: acme}
spec: {title: Acme, groups: [{name: API, monitors: [{name: api}, {name: aip}]}]}
"""


def test_a_monitor_that_a_page_names_and_that_does_not_run_is_lacking(tmp_path: Path) -> None:
    api, acme = tmp_path / "api.yaml", tmp_path / "acme.yaml"
    api.write_text(MONITOR)
    acme.write_text(PAGE)
    both, page = manifests.load([api, acme]), manifests.load([acme])
    assert [it.instead for it in after(both).dangling] == ["did you mean api?"]
    assert after(both).problems == ()
    # While a file is being replaced, its Monitor runs on.
    assert after(both, page).dangling == after(both).dangling
    # Nowhere else does a Monitor run that a page of these files could show.
    assert [it.path for it in after(page).dangling] == [
        "spec.groups[0].monitors[0].name",
        "spec.groups[0].monitors[1].name",
    ]


NAMES = st.sampled_from("xyz")
ITEMS = st.one_of(
    st.builds(good, NAMES, st.sampled_from("123")), st.builds(wrong, NAMES), st.just(NAMELESS)
)
FILES = st.builds(
    lambda file, items, complete: file_with(file, *items, complete=complete),
    st.sampled_from([A, B]),
    st.lists(ITEMS, max_size=3, unique_by=lambda item: item.key),
    st.booleans(),
)
READS = st.lists(
    st.lists(FILES, max_size=2, unique_by=lambda entry: entry.file).map(tuple), max_size=6
)


def resources_of(reads: list[tuple[ManifestFile, ...]]) -> list[Resource]:
    return [
        item.resource for files in reads for one in files for item in one.items if item.resource
    ]


@given(READS)
def test_nothing_runs_that_no_file_ever_said(reads: list[tuple[ManifestFile, ...]]) -> None:
    assert all(resource in resources_of(reads) for resource in after(*reads).resources)


@given(READS)
def test_whatever_happened_before_good_files_are_what_runs(
    reads: list[tuple[ManifestFile, ...]],
) -> None:
    now = (file_with(A, good("x", "9")), file_with(B, good("y", "9")))
    assert shown(after(*reads, now, now)) == {"x": "9", "y": "9"}


@given(READS, st.lists(FILES, min_size=1, max_size=2, unique_by=lambda entry: entry.file))
def test_only_a_whole_file_whose_documents_all_have_names_removes_anything(
    reads: list[tuple[ManifestFile, ...]], last: list[ManifestFile]
) -> None:
    before = after(*reads)
    state = desired.update(before, last)
    clear = {
        one.file for one in last if one.is_complete and one.items and NAMELESS not in one.items
    }
    given_up = before.missing | clear
    running = {
        key for file, objects in before.files.items() if file not in given_up for key in objects
    }
    assert running <= {
        ("Secret", resource.namespace, resource.name)
        for resource in state.resources
        if isinstance(resource, Secret)
    }
