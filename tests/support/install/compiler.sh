#!/usr/bin/env bash
# Installs a C compiler for the tests with failing system calls, on Debian; one that is there already is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

if command -v cc >/dev/null; then
    exit 0
fi
install_packages gcc libc6-dev
