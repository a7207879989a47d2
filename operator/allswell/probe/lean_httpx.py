"""Import httpx without its command line; every module of the checker takes it from here.

Importing httpx also imports its command line, wherever click, pygments and rich are installed: 3.5
MiB more in every checker for a program that nobody runs there. A module that is None in
`sys.modules` cannot be imported (the import system's own rule), and httpx does without.
"""

import logging
import sys

_COMMAND_LINE = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]

import httpx  # noqa: E402 - what it must not find is settled first

if sys.modules.get(_COMMAND_LINE, httpx) is None:
    del sys.modules[_COMMAND_LINE]

# It tells every request with its whole address, query and all, which may hold a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)

__all__ = ["httpx"]
