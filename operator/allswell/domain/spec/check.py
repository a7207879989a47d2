"""The kinds of check: what each may say in a manifest.

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
    """How one kind of check is read from a manifest and printed back into one.

    `text` takes what the same kind's `read` gives, and nothing else.
    """

    read: Callable[[Fields], Check]
    text: Callable[[Any], dict[str, object]]


KINDS: Mapping[str, CheckKind] = {
    "http": CheckKind(http.read, http.text),
    "tcp": CheckKind(tcp.read, tcp.text),
}
