from pathlib import Path
from textwrap import dedent

import pytest

from allswell import cli

GOOD = """\
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {name: api}
spec: {http: {url: "https://example.com/"}}
---
apiVersion: allswell.dev/v1alpha1
kind: StatusPage
metadata: {name: acme}
spec:
  title: Acme
  groups:
  - name: API
    monitors: [{name: api}]
"""


def run(capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, str, list[str]]:
    code = cli.main(["validate", *map(str, paths)])
    seen = capsys.readouterr()
    folder = paths[0].parent
    return code, seen.out, [line.removeprefix(f"{folder}/") for line in seen.err.splitlines()]


def file(folder: Path, text: str, name: str = "status.yaml") -> Path:
    (folder / name).write_text(dedent(text))
    return folder / name


def test_good_manifests_are_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, file(tmp_path, GOOD))
    assert (code, out, err) == (0, "1 Monitor and 1 StatusPage: no problems\n", [])


def test_every_problem_is_said_at_once_with_its_place_and_what_to_write(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = """\
        apiVersion: allswell.dev/v1alpha1
        kind: Monitor
        metadata:
          name: API
        spec:
          intervall: 30s
          timeout: 5 s
          http:
            url: example.com
            expect: {status: [2xx]}
        ---
        apiVersion: allswell.dev/v1alpha1
        kind: StatusPage
        metadata: {name: acme}
        spec:
          title: Acme
          timeZone: Europe/Berln
        """
    code, out, err = run(capsys, file(tmp_path, text))
    assert (code, out) == (2, "")
    assert [line.split("; ")[0].split(": ")[:2] for line in err[:-2]] == [
        ["status.yaml:4", "metadata.name"],
        ["status.yaml:6", "spec.intervall"],
        ["status.yaml:7", "spec.timeout"],
        ["status.yaml:9", "spec.http.url"],
        ["status.yaml:10", "spec.http.expect.status[0]"],
        ["status.yaml:17", "spec.timeZone"],
    ]
    assert err[1].endswith("did you mean interval?")
    assert err[5].endswith("did you mean Europe/Berlin?")
    assert err[-1] == "6 problems in 1 file"


def test_a_page_that_names_no_monitor_of_the_files_is_told_the_nearest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, file(tmp_path, GOOD.replace("{name: api}]", "{name: apu}]")))
    assert code == 2
    assert err[0] == (
        "status.yaml:13: spec.groups[0].monitors[0].name: there is no Monitor 'apu' in these "
        "files; did you mean api?"
    )


def test_a_monitor_of_another_namespace_cannot_be_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = GOOD.replace("{name: acme}", "{name: acme, namespace: public}")
    code, _, err = run(capsys, file(tmp_path, text))
    assert code == 2
    assert err[0].endswith("a page shows Monitors of its own namespace, public, only")


def test_pages_alone_may_name_monitors_that_stand_elsewhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, file(tmp_path, GOOD.partition("---\n")[2]))
    assert (code, out) == (0, "0 Monitors and 1 StatusPage: no problems\n")


def test_a_monitor_with_a_mistake_is_there_for_the_page_that_names_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, file(tmp_path, GOOD.replace("https://", "//")))
    assert (code, len(err)) == (2, 3)


def test_problems_stand_in_the_order_of_files_and_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = file(tmp_path, GOOD.replace("{name: api}]", "{name: x}]") + "---\n[]\n", "one.yaml")
    two = file(tmp_path, "kind: Montior\n", "two.yaml")
    _, _, err = run(capsys, two, one)
    assert [line.split(": ")[0] for line in err[:-2]] == [
        "two.yaml:1",
        "one.yaml:13",
        "one.yaml:15",
    ]


def test_while_a_file_cannot_be_read_no_monitor_is_said_to_be_lacking(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = file(tmp_path, GOOD.replace("{name: api}]", "{name: x}]"), "one.yaml")
    _, _, err = run(capsys, one, file(tmp_path, "[\n", "two.yaml"))
    assert [line.split(": ")[0] for line in err[:-2]] == ["two.yaml:2"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "apiVersion: v1\nkind: ConfigMap\n"])
def test_files_with_nothing_of_ours_are_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    code, _, err = run(capsys, file(tmp_path, text))
    assert code == 2
    assert err == ["no Monitor or StatusPage found; give a file that contains one"]


def test_a_file_that_is_not_there_is_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, tmp_path / "none.yaml")
    assert code == 2
    assert err[0] == "none.yaml: this cannot be read: No such file or directory; check the path"


def test_the_example_that_make_up_runs_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    example = Path(__file__).parents[3] / "examples/quickstart.yaml"
    assert run(capsys, example)[0] == 0
