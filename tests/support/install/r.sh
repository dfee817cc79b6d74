#!/usr/bin/env bash
# Installs R for the test of its recipe, on Debian; one that is there already, with jsonlite, is left alone.
set -euo pipefail
. "$(dirname "$0")/debian_packages.bash"

if command -v Rscript >/dev/null && Rscript -e 'library(jsonlite)' 2>/dev/null; then
    exit 0
fi
install_packages r-base-core r-cran-jsonlite
