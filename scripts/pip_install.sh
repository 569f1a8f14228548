#!/usr/bin/env bash
# Install into the virtual environment whose bin folder is $1: by uv, which is quick, else by pip.
set -euo pipefail
bin=$1
shift
if [ -x "$bin/uv" ]; then
    # Where the machine keeps certificates of its own (a company's proxy), uv should trust them as pip does.
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1
    if VIRTUAL_ENV="${bin%/bin}" "$bin/uv" pip install --quiet "$@" 2>"${bin%/bin}/uv.log"; then
        exit 0
    fi
    echo "  uv could not; pip goes on." >&2
fi
exec "$bin/python" -m pip install --quiet --disable-pip-version-check "$@"
