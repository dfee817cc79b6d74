#!/usr/bin/env bash
# Installs wget for the tests of replays, on Debian; one that is there already is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

if command -v wget >/dev/null; then
    exit 0
fi
install_packages wget
