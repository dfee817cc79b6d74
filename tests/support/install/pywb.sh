#!/usr/bin/env bash
# Installs pywb for the tests into the folder given (default: .pywb in the checkout). What is there already is left alone.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-$here/../../../.pywb}"

wanted="$(cat "$here/pywb.sh" "$here/pywb-requirements.txt" | sha256sum)"
if [ "$(cat "$target/ready" 2>/dev/null)" = "$wanted" ] && "$target/bin/wb-manager" --help >/dev/null 2>&1; then
    exit 0
fi

rm -rf "$target"
"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/pywb-requirements.txt"
"$target/bin/wb-manager" --help >/dev/null || { echo "pywb.sh: pywb was installed into $target, but does not run" >&2; exit 1; }
echo "$wanted" >"$target/ready"
