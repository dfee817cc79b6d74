# Read by the scripts beside it.

# install_packages PACKAGE…: installs Debian packages. Where that is not possible, it names them and ends with 1.
install_packages() {
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "$(basename "$0"): these Debian packages are missing; install them as root: $*" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}
