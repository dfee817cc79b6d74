#!/usr/bin/env bash
# Installs on Debian what the tests of monitors and deployments want beside Python: promtool, systemd-analyze, flock.
# What is there already is left alone.
set -euo pipefail

declare -A package_of=([promtool]=prometheus [systemd-analyze]=systemd [flock]=util-linux)
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
