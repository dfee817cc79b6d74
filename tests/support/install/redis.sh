#!/usr/bin/env bash
# Installs a real Redis server for the tests on Debian. One that is there already is left alone.
set -euo pipefail

command -v redis-server >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "redis.sh: redis-server is missing; install the Debian package of this name as root" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends redis-server >/dev/null
