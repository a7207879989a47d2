"""List the kinds of check, with the reader and printer of each.

A further kind costs one dataclass with its reader and printer here (or in a file beside this one)
and one line in `KINDS`; how it is carried out is one file and one line in the `probe` room.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allswell.domain.spec import http, tcp
from allswell.domain.spec.fields import Fields

Check = http.Http | tcp.Tcp


@dataclass(frozen=True, slots=True)
class CheckKind:
    """The reader and printer of one kind of check.

    `text` takes what the same kind's `read` gives, and nothing else.
    """

    read: Callable[[Fields], Check]
    text: Callable[[Any], dict[str, object]]


KINDS: Mapping[str, CheckKind] = {
    "http": CheckKind(http.read, http.text),
    "tcp": CheckKind(tcp.read, tcp.text),
}
