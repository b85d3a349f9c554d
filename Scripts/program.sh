#!/usr/bin/env bash
# Makes .build/library/tessera: the command with Swift's runtime in it, from the objects that the program is made of as well, for the Python wheel.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release -Xswiftc -enable-testing)
swift build "${flags[@]}" --product tessera
objects=$(swift build "${flags[@]}" --show-bin-path)/tessera.product/Objects.LinkFileList
place=.build/library
mkdir -p "$place"
link=(
    -emit-executable -static-stdlib -use-ld=lld -module-name tessera "@$objects" -o "$place/tessera.made"
    -Xlinker --gc-sections -Xlinker --defsym -Xlinker main=CLI_main
    # Parts of the static Foundation, which objects that were compiled for the shared one do not ask for.
    -lCoreFoundation -l_FoundationICU -l_FoundationCShims -l_FoundationCollections
    -lm -lprotobuf-c -lpng -lturbojpeg -lwebp -lwebpdemux -lz -lcrypto
)
# The linker warns of a use of mktemp within Foundation.
swiftc "${link[@]}" 2>"$place/program.log" || { cat "$place/program.log" >&2 && exit 1; }
strip "$place/tessera.made"
mv "$place/tessera.made" "$place/tessera"
"$place/tessera" --version >/dev/null
echo "$place/tessera"
