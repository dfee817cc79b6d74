#!/usr/bin/env bash
# Gets replayweb.page for the tests of WACZ files into the folder given (default: .replaywebpage in the checkout). What is
# there already is left alone. It needs npm, to fetch the package; nothing of the package runs here.
set -euo pipefail

version=2.4.6
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-$here/../../../.replaywebpage}"

if [ "$(cat "$target/ready" 2>/dev/null)" = "$version" ]; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "replaywebpage.sh: there is no npm; install it as root" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends npm >/dev/null
fi
rm -rf "$target"
mkdir -p "$target"
(cd "$target" && timeout 120 npm pack --silent "replaywebpage@$version" >/dev/null && tar xzf ./*.tgz && rm -f ./*.tgz)
[ -s "$target/package/sw.js" ] || { echo "replaywebpage.sh: the package has no sw.js" >&2; exit 1; }
echo "$version" >"$target/ready"
