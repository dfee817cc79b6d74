#!/usr/bin/env bash
# Installs a C compiler for the tests with failing system calls, on Debian; one that is there already is left alone.
set -euo pipefail

if command -v cc >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "compiler.sh: there is no cc; install the packages gcc and libc6-dev as root" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends gcc libc6-dev >/dev/null
