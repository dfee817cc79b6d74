#!/usr/bin/env bash
# Installs a real Splash for the tests on Debian 12, into the folder given (default: .splash in the checkout). What is
# there already is left alone. Its Qt parts are Debian packages, made for Debian's own Python; so is the environment.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-$here/../../../.splash}"
packages=(python3-pyqt5.qtwebkit python3-pyqt5.qtwebengine python3-venv python3-dev gcc)

wanted="$(cat "$here/splash.sh" "$here/splash-requirements.txt" | sha256sum)"
works() {
    "$target/bin/python" -c 'import lupa.lua52, splash, PyQt5.QtWebKit, PyQt5.QtWebEngineWidgets' 2>/dev/null
}
if [ "$(cat "$target/ready" 2>/dev/null)" = "$wanted" ] && works; then
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "splash.sh: these Debian packages are missing; install them as root: ${missing[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

rm -rf "$target"
/usr/bin/python3 -m venv --system-site-packages "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/splash-requirements.txt"
works || { echo "splash.sh: Splash was installed into $target, but cannot be imported" >&2; exit 1; }
echo "$wanted" >"$target/ready"
