#!/usr/bin/env bash
# Says in plain words what keeps Python on this machine from making .venv.
set -euo pipefail
python=$1

say() {
    printf '%s\n' "$@" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    say "allswell needs Python 3.11 or newer, and there is no '$python' here." \
        "On Debian or Ubuntu: sudo apt-get install python3 python3-venv"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    say "allswell needs Python 3.11 or newer; '$python' is $("$python" --version)." \
        "On Debian 12 or newer: sudo apt-get install python3 python3-venv" \
        "If a newer one is installed under another name: make PYTHON=python3.12"

"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    say "'$python' cannot make virtual environments: its venv module is missing." \
        "On Debian or Ubuntu: sudo apt-get install python3-venv"
