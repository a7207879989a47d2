"""Test that a program's `--help` names every environment variable that it reads."""

import contextlib
import re
from collections.abc import Callable, Mapping

import pytest

import allswell.checker.settings as checking
import allswell.controller.config.settings as operating
import allswell_web.settings as serving
from allswell.cli.programs import checker, controller, page, publish
from allswell_web.errors import BadPageSettings

# How `allswell up` tells its children to end; nobody else sets it.
INTERNAL = {"ALLSWELL_STOP_WITH_STDIN"}


class RecordingEnvironment(dict[str, str]):
    """An environment that knows which of its variables somebody has looked for."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)


def is_named(text: str, name: str) -> bool:
    """Tell whether a text names a variable; after a comma its last words are enough."""
    ends = [name[place.start() :] for place in re.finditer("_", name)]
    return name in text or any(f", {end}" in text for end in ends)


@pytest.mark.parametrize(
    ("read", "help_text"),
    [
        (checking.read, checker.EPILOG),
        (operating.read, controller.EPILOG),
        (serving.read, page.EPILOG),
        (publish.read, publish.EPILOG + page.EPILOG),
    ],
)
def test_help_names_every_variable_that_a_program_reads(
    read: Callable[[Mapping[str, str]], object], help_text: str
) -> None:
    environment = RecordingEnvironment(
        ALLSWELL_CONFIG="/c",
        ALLSWELL_DATA="/d",
        ALLSWELL_DATABASE_URL="sqlite:////d/central.sqlite",
        ALLSWELL_COLLECTOR_URL="https://collector:8443",
        ALLSWELL_TOKEN_FILE="/t",
        ALLSWELL_NAMESPACE="allswell",
        ALLSWELL_CHECKER_IMAGE="allswell",
        ALLSWELL_PAGES_DOMAIN="pages.example",
        ALLSWELL_ARCHIVE_BUCKET="results",
        ALLSWELL_PUBLISH_BUCKET="pages",
    )
    with contextlib.suppress(ValueError, BadPageSettings):
        read(environment)
    assert len(environment.names) > 8
    names = environment.names - INTERNAL
    assert {it for it in names if not is_named(help_text, it.removesuffix("_FILE"))} == set()
