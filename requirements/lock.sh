#!/usr/bin/env bash
# Renews the locks: names, versions and hashes for every platform, nothing else.
# `make lock` keeps the versions that still fit; UPGRADE=1 takes the newest.
set -euo pipefail
cd "$(dirname "$0")"
python=$1 tools=$2/lock-tools

[[ -x $tools/bin/uv ]] || {
    "$python" -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
}

compile() {
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        ${UPGRADE:+--upgrade} "$@" >/dev/null
}

project=../pyproject.toml
# What builds the package is needed by whoever installs it from a checkout, and by no program.
compile "$project" --output-file runtime.lock
compile --group "$project:build" --constraint runtime.lock --output-file build.lock
compile "$project" --group "$project:build" --group "$project:dev" \
    --constraint runtime.lock --constraint build.lock --output-file dev.lock

if grep -nE '://|^-' ./*.lock; then
    echo "The lock names an address or an option; it must hold names, versions and hashes only." >&2
    exit 1
fi
