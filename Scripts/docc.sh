#!/usr/bin/env bash
# Documentation of `import Tessera` with the toolchain's docc, into .build-docs/ (docc preview or any web server shows it): reads the modules
# that `make build` left in BUILD (default .build/release). Fails on any warning, such as a link that leads nowhere, on a public symbol
# without a comment, and on an example of the articles that does not compile.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-.build/release}")
tools=$(dirname "$(realpath "$(command -v swiftc)")")
target=$(swiftc -print-target-info | sed -n 's/^ *"unversionedTriple": "\(.*\)",*$/\1/p')
[ -e "$build/Modules/Tessera.swiftmodule" ] || { echo "$build has no module Tessera: run 'make build' first" >&2; exit 1; }
out=.build-docs
rm -rf $out
mkdir -p $out/symbols $out/examples

# The C modules below Tessera; the extractor and the compiler read them again.
flags=(-I "$build/Modules" -target "$target")
for map in "$build"/C*.build/module.modulemap; do
    name=$(basename "$(dirname "$map")" .build)
    [ ! -d "Sources/$name/include" ] || flags+=(-Xcc "-fmodule-map-file=$map" -Xcc -I -Xcc "Sources/$name/include")
done
for map in Sources/C*/module.modulemap "$build"/../../checkouts/*/Sources/C*/include/module.modulemap; do
    [ ! -e "$map" ] || flags+=(-Xcc "-fmodule-map-file=$map" -Xcc -I -Xcc "$(dirname "$map")")
done

"$tools/swift-symbolgraph-extract" -module-name Tessera "${flags[@]}" -minimum-access-level public -skip-synthesized-members \
    -output-dir $out/symbols

python3 - $out/symbols/Tessera.symbols.json <<'END'
import json, sys
# What the compiler writes for raw values has no place in the sources.
symbols = [s for s in json.load(open(sys.argv[1]))["symbols"] if "location" in s]
bare = [s for s in symbols if "docComment" not in s]
for s in bare:
    place = s["location"]
    print(f"{place['uri'].removeprefix('file://')}:{place['position']['line'] + 1}: {'.'.join(s['pathComponents'])} has no comment", file=sys.stderr)
if bare or len(symbols) < 100:
    sys.exit(f"{len(bare)} of {len(symbols)} public symbols have no comment")
END

# The blocks of an article make one program, in their order; those that are parts of a manifest begin with a point.
for article in Sources/Tessera/Tessera.docc/*.md; do
    program=$out/examples/$(basename "$article" .md).swift
    awk '/^```swift$/ { inside = 1; block = ""; next }
         /^```$/ { if (inside && block !~ /^\./) printf "%s", block; inside = 0; next }
         inside { block = block $0 "\n" }' "$article" >"$program"
    [ ! -s "$program" ] || swiftc -typecheck -swift-version 6 -warnings-as-errors "${flags[@]}" "$program"
done

"$tools/docc" convert Sources/Tessera/Tessera.docc --additional-symbol-graph-dir $out/symbols --output-dir $out/Tessera.doccarchive \
    --fallback-display-name Tessera --fallback-bundle-identifier tessera --warnings-as-errors
echo "$out/Tessera.doccarchive"
