"""Describe the problems of a manifest in words that say what to write instead."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allswell.domain.spec.shown import clipped, is_list, name_of, shown

Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[-\w]+")


def dotted(path: Path) -> str:
    """Return `spec.groups[0].name`: the path as people write it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(clipped(part)):
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)}]"
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to write instead."""

    path: Path
    wrong: str
    instead: str

    def __str__(self) -> str:
        """Return the whole sentence, as an event or a condition shows it."""
        sentence = f"{self.wrong}; {self.instead}"
        return f"{dotted(self.path)}: {sentence}" if self.path else sentence


class InvalidManifest(ValueError):
    """A manifest that cannot be used; holds every problem, in the order of the manifest."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold the problems; the message is one line for each."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def in_order(problems: Iterable[Problem], manifest: object) -> tuple[Problem, ...]:
    """Sort problems by their places in the manifest; a missing field comes after its siblings."""
    places: dict[int, dict[str, int]] = {}

    def place(problem: Problem) -> tuple[int, ...]:
        here, place_in = manifest, []
        for part in problem.path:
            if isinstance(here, Mapping):
                if id(here) not in places:
                    places[id(here)] = {name_of(key): at for at, key in enumerate(here)}
                place_in.append(places[id(here)].get(str(part), len(here)))
                here = here.get(part)
            elif is_list(here) and isinstance(part, int):
                place_in.append(part)
                here = here[part]
        return tuple(place_in)

    return tuple(sorted(problems, key=place))
