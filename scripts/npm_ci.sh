#!/usr/bin/env bash
# Install node_modules as locked: by the machine's npm when Node >= 20, else by one in the environment $1.
set -euo pipefail
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    if [ ! -x "$1/npm" ]; then
        scripts/pip_install.sh "$1" --require-hashes -r requirements/node.txt
    fi
    export NODE_USE_SYSTEM_CA=1 # a company's certificate counts here too, as it does for pip
    PATH="$(cd "$1" && pwd):$PATH"
fi
exec npm ci --loglevel=error --no-progress </dev/null
