#!/usr/bin/env bash
# Installs a Chromium for the tests of the report, on Debian; one that is there already is left alone.
set -euo pipefail

if [ -n "${VOK_TEST_CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "chromium.sh: there is no Chromium; install the package chromium as root, or name one in VOK_TEST_CHROMIUM" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium fonts-dejavu fonts-liberation >/dev/null
