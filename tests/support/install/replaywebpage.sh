#!/usr/bin/env bash
# Gets replayweb.page for the tests of WACZ files into the folder given (default: .replaywebpage in the checkout). What is
# there already is left alone. It needs npm, to fetch the package; nothing of the package runs here.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

version=2.4.6
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-$here/../../../.replaywebpage}"

if [ "$(cat "$target/ready" 2>/dev/null)" = "$version" ]; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    install_packages npm
fi
rm -rf "$target"
mkdir -p "$target"
(cd "$target" && timeout 120 npm pack --silent "replaywebpage@$version" >/dev/null && tar xzf ./*.tgz && rm -f ./*.tgz)
[ -s "$target/package/sw.js" ] || { echo "replaywebpage.sh: the package has no sw.js" >&2; exit 1; }
echo "$version" >"$target/ready"
