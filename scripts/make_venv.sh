#!/usr/bin/env bash
# Make the virtual environment $1 with the first Python >= 3.11 of this machine ($PYTHON goes first).
set -euo pipefail
for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        "$python" -m venv "$1" && exit 0
        echo "Python could not make a virtual environment (on Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
done
echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python if it has another name." >&2
exit 1
