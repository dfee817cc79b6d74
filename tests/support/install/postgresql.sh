#!/usr/bin/env bash
# Installs a real PostgreSQL server for the tests on Debian. One that is there already is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && exit 0
command -v initdb >/dev/null && exit 0
install_packages postgresql
