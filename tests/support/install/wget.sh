#!/usr/bin/env bash
# Installs wget for the tests of replays, on Debian; one that is there already is left alone.
set -euo pipefail

if command -v wget >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "wget.sh: there is no wget; install the package wget as root" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends wget >/dev/null
