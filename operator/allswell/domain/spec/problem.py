"""What is wrong with a manifest, in words that say what to write instead."""

from dataclasses import dataclass

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """`spec.groups[0].name`: the path as people write it."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to write instead."""

    path: Path
    wrong: str
    instead: str

    def __str__(self) -> str:
        """The whole sentence, as an event or a condition shows it."""
        where = dotted(self.path)
        return f"{where}: {self.wrong}; {self.instead}" if where else f"{self.wrong}; {self.instead}"


class Invalid(ValueError):
    """A manifest that cannot be used; holds every problem, in the order of the manifest."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold the problems; the message is one line for each."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
