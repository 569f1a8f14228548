#!/usr/bin/env bash
# The tests need a browser, Chinese letters, hledger and nginx. Root on Debian gets them; others are told.
set -euo pipefail
missing=()
command -v "${GIG_TEST_CHROMIUM:-chromium}" >/dev/null || missing+=(chromium)
command -v hledger >/dev/null || missing+=(hledger)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
if ! fc-list :lang=zh-cn 2>/dev/null | grep -q . && ! compgen -G '/usr/share/fonts/*/noto/NotoSansCJK*' >/dev/null; then
    missing+=(fonts-noto-cjk)
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need ${missing[*]}: please install (on Debian: sudo apt-get install ${missing[*]})." >&2
    exit 1
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
rm -f "$log"
