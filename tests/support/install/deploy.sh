#!/usr/bin/env bash
# Installs on Debian the programs that tests of monitors, deployments and documentation need: promtool, systemd-analyze,
# flock, logrotate, jq, sqlite3, zstd. Installed ones are left alone.
set -euo pipefail

declare -A package_of=([promtool]=prometheus [systemd-analyze]=systemd [flock]=util-linux [logrotate]=logrotate [jq]=jq [sqlite3]=sqlite3 [zstd]=zstd)
missing=()
for tool in "${!package_of[@]}"; do
    command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "deploy.sh: these Debian packages are missing; install them as root: ${missing[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
