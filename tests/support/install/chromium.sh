#!/usr/bin/env bash
# Installs a Chromium for the tests of the report, on Debian; one that is there already is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

if [ -n "${VOK_TEST_CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
install_packages chromium fonts-dejavu fonts-liberation
