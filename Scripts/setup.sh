#!/usr/bin/env bash
# Installs the Debian packages that Tessera builds on, if any is missing. Needs root only then.
set -euo pipefail
packages=(
    libomp5 libopenblas-dev libpng-dev libturbojpeg0-dev libwebp-dev libcairo2-dev fonts-inter libcurl4 libprotobuf-c-dev libssl-dev openssl
    zlib1g-dev graphviz
)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing: ${missing[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
fi
needs="Swift 6.3 or later is needed: https://www.swift.org/install"
command -v swift >/dev/null || { echo "$needs" >&2; exit 1; }
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
[ "$(printf '6.3\n%s\n' "$version" | sort -V | head -1)" = 6.3 ] || { echo "$needs (this is $version)" >&2; exit 1; }
