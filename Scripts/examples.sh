#!/usr/bin/env bash
# Builds and runs the programs of Examples, which depend on this package by path. With --by-version, also one that depends on a git tag of
# the present commit, as other packages would.
set -euo pipefail
cd "$(dirname "$0")/.."
# In the build folder of the package itself, so that what its tests have compiled is not compiled again.
flags=(-c release --package-path Examples --scratch-path .build -Xswiftc -enable-testing)
swift build "${flags[@]}"
bin=$(swift build "${flags[@]}" --show-bin-path)

# In a folder of their own, beside whose models they lie: some write what they make.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
ln -s "$PWD/Models" "$place/Models"
expect() {
    local program=$1 words=$2 output
    output=$(cd "$place" && "$bin/$program")
    if ! grep -qE "$words" <<<"$output"; then
        echo "$program printed nothing like '$words':" >&2
        echo "$output" >&2
        exit 1
    fi
    echo "$program: $(tail -1 <<<"$output")"
}
expect FromReadme '(sphere|cube|cone)'
expect Tensors '^\[1, 14, 14\] \['
expect Events '224 pixels, [0-9]+ boxes'

[ "${1:-}" = --by-version ] || exit 0
work=$place/by-version
mkdir "$work"
git clone -q --bare . "$work/tessera"
git -C "$work/tessera" tag 0.1.0 "$(git rev-parse HEAD)"
mkdir -p "$work/user/Sources/FromReadme"
cp Examples/Sources/FromReadme/main.swift "$work/user/Sources/FromReadme/"
cat >"$work/user/Package.swift" <<MANIFEST
// swift-tools-version: 6.0
import PackageDescription
let package = Package(
    name: "user", dependencies: [.package(url: "file://$work/tessera", from: "0.1.0")],
    targets: [.executableTarget(name: "FromReadme", dependencies: [.product(name: "Tessera", package: "tessera")])])
MANIFEST
swift build -c release --package-path "$work/user"
bin=$(swift build -c release --package-path "$work/user" --show-bin-path)
expect FromReadme '(sphere|cube|cone)'
echo "built by version 0.1.0"
