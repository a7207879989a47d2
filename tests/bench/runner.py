"""Find the measurements, run them one after another, print and write the results."""

import importlib.util
import json
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.bench import needs
from tests.bench.figure import Bench, Figure, Verdict


@dataclass(frozen=True, slots=True)
class Result:
    """One figure as it came out."""

    figure: Figure
    value: float

    @property
    def verdict(self) -> Verdict:
        """Return how the value compares with the limit."""
        return self.figure.judge(self.value)

    def row(self) -> str:
        """Return ``name value unit limit ok|short``."""
        figure = self.figure
        return f"{figure.name} {self.value:.6g} {figure.unit} {figure.limit:g} {self.verdict}"

    def as_json(self) -> dict[str, object]:
        """Return the object that the result file holds."""
        return {
            "name": self.figure.name,
            "value": self.value,
            "unit": self.figure.unit,
            "limit": self.figure.limit,
            "verdict": self.verdict,
        }


def load(path: Path) -> ModuleType:
    """Import a file of measurements, wherever it lies."""
    name = f"tests.bench.figures.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def discover(folder: Path) -> Iterator[Bench]:
    """Yield the measurements of every file in a folder, by file and then as written."""
    for path in sorted(folder.glob("[!_]*.py")):
        yield from (value for value in vars(load(path)).values() if isinstance(value, Bench))


def choose(benches: Sequence[Bench], only: Collection[str]) -> list[Bench]:
    """Keep the measurements of these figures; all of them if none is named.

    Raises:
        LookupError: two figures of one name, or a name that no measurement has.
    """
    names = [figure.name for bench in benches for figure in bench.figures]
    if twice := {name for name in names if names.count(name) > 1}:
        problem = f"figures of the same name: {', '.join(sorted(twice))}"
        raise LookupError(problem)
    if unknown := set(only) - set(names):
        known = ", ".join(sorted(names)) or "none yet"
        problem = f"no figure named {', '.join(sorted(unknown))}; there are: {known}"
        raise LookupError(problem)
    return [b for b in benches if not only or any(f.name in only for f in b.figures)]


def measure(
    benches: Sequence[Bench], only: Collection[str], tell: Callable[[Result], None]
) -> list[str]:
    """Run each in turn and tell each result at once; return the names that crashed."""
    crashed: list[str] = []
    for bench in benches:
        waiting = [figure.name for figure in bench.figures]
        try:
            for figure, value in bench.results():
                waiting.remove(figure.name)
                if not only or figure.name in only:
                    tell(Result(figure, value))
        except Exception:  # noqa: BLE001 - one crash must not hide the other figures
            traceback.print_exc()
            crashed += waiting or [bench.figures[0].name]
    return crashed


def run(folder: Path, only: Collection[str], output: Path) -> int:
    """Measure; print a row per figure; write the file. 1 on a crash, 2 on a wrong name.

    What the machine lacks is said before anything is measured, and the figures of it are left out.
    """
    try:
        benches = choose(list(discover(folder)), only)
    except LookupError as problem:
        print(f"bench: {problem.args[0]}", file=sys.stderr)
        return 2
    results: list[Result] = []

    def tell(result: Result) -> None:
        print(result.row(), flush=True)
        results.append(result)
        write(results, output)

    write(results, output)
    crashed = measure(needs.say_lacking(benches), only, tell)
    for name in crashed:
        print(f"bench: {name} crashed", file=sys.stderr)
    return 1 if crashed else 0


def write(results: Sequence[Result], output: Path) -> None:
    """Write what is known so far, so that an aborted run leaves its results."""
    output.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([result.as_json() for result in results], indent=2)
    output.write_text(f"{text}\n", encoding="utf-8")
