#!/usr/bin/env bash
# Installs on Debian the programs that tests of monitors, deployments and documentation need: promtool, systemd-analyze,
# flock, logrotate, jq, sqlite3, zstd. Installed ones are left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

declare -A package_of=([promtool]=prometheus [systemd-analyze]=systemd [flock]=util-linux [logrotate]=logrotate [jq]=jq [sqlite3]=sqlite3 [zstd]=zstd)
missing=()
for tool in "${!package_of[@]}"; do
    command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
install_packages "${missing[@]}"
