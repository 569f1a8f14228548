#!/usr/bin/env bash
# Install into the virtual environment whose bin folder is $1: by uv, which is quick, else by pip.
set -euo pipefail
bin=$1
shift
if [ -x "$bin/uv" ] && VIRTUAL_ENV="${bin%/bin}" "$bin/uv" pip install --quiet "$@"; then
    exit 0
fi
exec "$bin/python" -m pip install --quiet --disable-pip-version-check "$@"
