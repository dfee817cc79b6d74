#!/usr/bin/env bash
# Installs a real Redis server for the tests on Debian. One that is there already is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

command -v redis-server >/dev/null && exit 0
install_packages redis-server
