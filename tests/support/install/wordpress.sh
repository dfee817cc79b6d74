#!/usr/bin/env bash
# Installs WordPress for the tests on Debian: PHP and MariaDB's server program as packages, and the files of WordPress and
# two themes, without the packages that they depend on (Apache), in the folder given (default: .wordpress in the checkout).
# What is there already is left alone. The packages start no services.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-$here/../../../.wordpress}"
files=(wordpress wordpress-theme-twentytwentyone wordpress-theme-twentytwentytwo)

programs() {
    command -v php >/dev/null && php -r 'exit(extension_loaded("mysqli") && extension_loaded("SimpleXML") ? 0 : 1);' && { command -v mariadbd || [ -x /usr/sbin/mariadbd ]; } >/dev/null
}
wanted="$(sha256sum <"$here/wordpress.sh")"
if [ "$(cat "$target/ready" 2>/dev/null)" = "$wanted" ] && programs; then
    exit 0
fi
if ! command -v apt-get >/dev/null || { ! programs && [ "$(id -u)" -ne 0 ]; }; then
    echo "wordpress.sh: PHP or MariaDB is missing; install the Debian packages php-cli, php-mysql, php-xml and mariadb-server-core as root" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
[ "$(id -u)" -ne 0 ] || apt-get update -qq
programs || apt-get install -qq -y --no-install-recommends php-cli php-mysql php-xml mariadb-server-core >/dev/null

rm -rf "$target"
mkdir -p "$target/packages"
(cd "$target/packages" && apt-get download -qq "${files[@]}" 2>/dev/null && for file in ./*.deb; do dpkg-deb -x "$file" "$target"; done) ||
    { echo "wordpress.sh: the packages ${files[*]} could not be fetched" >&2; exit 1; }
rm -rf "$target/packages"
# Debian's configuration is in /etc; that of the tests is in the environment of the server.
ln -sfn "$(realpath "$here/../wordpress/wp-config.php")" "$target/usr/share/wordpress/wp-config.php"
[ -s "$target/usr/share/wordpress/wp-settings.php" ] || { echo "wordpress.sh: the packages have no wp-settings.php" >&2; exit 1; }
echo "$wanted" >"$target/ready"
