import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests import needs
from tests.bench import needs as bench_needs
from tests.bench import runner
from tests.bench.figure import Bench, Figure, figure


def bench_file(folder: Path, name: str, text: str) -> None:
    head = "from tests.bench.figure import figure\n"
    (folder / f"{name}.py").write_text(head + dedent(text), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bench_file(
        tmp_path,
        "first_of_test",
        """
        @figure(name="size", unit="bytes", limit=28)
        def size():
            return 27.5

        @figure(name="rate", unit="1/s", limit=100, better="higher")
        @figure(name="wait", unit="ms", limit=20)
        def load():
            yield "wait", 21
            yield "rate", 100
        """,
    )
    return tmp_path


def test_a_row_a_figure_and_a_file_of_objects(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = folder / "build" / "bench.json"
    assert runner.run(folder, set(), output) == 0
    assert capsys.readouterr().out.splitlines() == [
        "size 27.5 bytes 28 ok",
        "wait 21 ms 20 short",
        "rate 100 1/s 100 ok",
    ]
    assert json.loads(output.read_text())[1] == {
        "name": "wait",
        "value": 21,
        "unit": "ms",
        "limit": 20,
        "verdict": "short",
    }


def test_only_the_named_figure_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.run(folder, {"rate"}, folder / "out.json") == 0
    assert capsys.readouterr().out == "rate 100 1/s 100 ok\n"


def test_a_name_that_nobody_measures_is_refused_with_the_names_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.run(folder, {"sise"}, folder / "out.json") == 2
    assert "no figure named sise; there are: rate, size, wait" in capsys.readouterr().err


def test_a_crash_is_told_and_hides_no_other_figure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench_file(
        folder,
        "crash_of_test",
        """
        @figure(name="lost", unit="s", limit=1)
        def lost():
            raise OSError("the server is away")
        """,
    )
    assert runner.run(folder, set(), folder / "out.json") == 1
    told = capsys.readouterr()
    assert "size 27.5 bytes 28 ok" in told.out
    assert "bench: lost crashed" in told.err
    assert "the server is away" in told.err
    assert [it["name"] for it in json.loads((folder / "out.json").read_text())] == [
        "size",
        "wait",
        "rate",
    ]


def test_two_figures_of_one_name_are_refused(folder: Path) -> None:
    benches = [*runner.discover(folder), *runner.discover(folder)]
    with pytest.raises(LookupError, match="figures of the same name: rate, size, wait"):
        runner.choose(benches, set())


def test_a_figure_that_never_came_is_a_crash() -> None:
    def nothing() -> Iterator[tuple[str, float]]:
        yield from ()

    bench = figure(name="a", unit="s", limit=1)(nothing)
    with pytest.raises(LookupError, match="declared but not measured: a"):
        list(bench.results())


def test_a_figure_that_was_not_declared_is_a_crash() -> None:
    bench = Bench(lambda: [("b", 1.0)], (Figure("a", "s", 1),))
    with pytest.raises(LookupError, match="'b' is measured but not declared"):
        list(bench.results())


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_not_a_number_is_never_good(better: str) -> None:
    it = Figure("a", "s", 1, "lower" if better == "lower" else "higher")
    assert it.judge(float("nan")) == "short"


def test_every_committed_figure_has_a_name_of_its_own() -> None:
    folder = Path(runner.__file__).parent / "figures"
    runner.choose(list(runner.discover(folder)), set())


NOTHING: dict[str, needs.Need] = {
    "gone": needs.Need("gone", "a thing that is gone", "sudo apt-get install gone", lambda: None),
    "here": needs.Need("here", "a thing that is here", "nothing", lambda: Path("/")),
}


def test_what_a_bench_lacks_is_said_with_the_figures_that_it_costs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    poor = Bench(float, (Figure("a", "s", 1), Figure("b", "s", 1)), frozenset({"gone", "here"}))
    rich = Bench(float, (Figure("c", "s", 1),), frozenset({"here"}))
    assert bench_needs.say_lacking([poor, rich], NOTHING) == [rich]
    assert capsys.readouterr().out == (
        "This machine lacks a thing that is gone. To install: sudo apt-get install gone\n"
        "  Not measured: a, b.\n"
    )


def test_figures_of_one_function_add_up_their_needs() -> None:
    @figure(name="a", unit="s", limit=1, needs=("wrk",))
    @figure(name="b", unit="s", limit=1, needs=("nginx",))
    def both() -> float:
        return 0.0

    assert both.needs == {"wrk", "nginx"}


def test_every_need_of_a_figure_is_one_that_is_known() -> None:
    benches = list(runner.discover(Path(runner.__file__).parent / "figures"))
    assert {name for bench in benches for name in bench.needs} <= bench_needs.BENCH_NEEDS.keys()


def test_each_figure_that_starts_a_program_of_the_machine_says_so() -> None:
    benches = list(runner.discover(Path(runner.__file__).parent / "figures"))
    wanted = {figure.name: bench.needs for bench in benches for figure in bench.figures}
    assert wanted["page_hit_vs_nginx_gzip"] == {"wrk", "nginx"}
    assert wanted["reconcile_1000_s"] == {"control-plane", "postgresql"}
    assert wanted["pod_to_first_result_s"] == {"node"}
