#!/usr/bin/env bash
# Makes the C library: .build/library/libtessera.so, with Swift's runtime in it, from the objects that the program is made of as well. What the
# linker is told here goes to no other product, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release -Xswiftc -enable-testing)
swift build "${flags[@]}" --product tessera-c
objects=$(swift build "${flags[@]}" --show-bin-path)/tessera-c.product/Objects.LinkFileList
header=Sources/CTessera/include/tessera.h
version() { sed -n "s/^#define TESSERA_VERSION_$1 //p" "$header"; }
major=$(version MAJOR) place=.build/library
file=libtessera.so.$major.$(version MINOR)
mkdir -p "$place"
link=(
    -emit-library -static-stdlib -use-ld=lld -module-name tessera "@$objects" -o "$place/$file.made"
    # Only the header's functions are seen from outside, so that a host may have a Swift runtime, or libraries, of its own.
    -Xlinker --version-script=Scripts/library.map -Xlinker -soname="libtessera.so.$major" -Xlinker --gc-sections -Xlinker -z -Xlinker defs
    # Swift's runtime cannot be unloaded.
    -Xlinker -z -Xlinker nodelete
    # Parts of the static Foundation, which objects that were compiled for the shared one do not ask for.
    -lCoreFoundation -l_FoundationICU -l_FoundationCShims -l_FoundationCollections
    -lm -lprotobuf-c -lpng -lturbojpeg -lwebp -lwebpdemux -lz -lcrypto
)
# The linker warns of a use of mktemp within Foundation.
swiftc "${link[@]}" 2>"$place/link.log" || { cat "$place/link.log" >&2 && exit 1; }
strip --strip-unneeded -o "$place/$file.stripped" "$place/$file.made"
mv "$place/$file.stripped" "$place/$file"
# The same with the names of its functions, for tools that look into it; of lines, Valgrind 3.19 reads no such tables as Swift's.
mkdir -p "$place/named"
strip --strip-debug "$place/$file.made"
mv "$place/$file.made" "$place/named/$file"
ln -sf "$file" "$place/libtessera.so.$major"
ln -sf "$file" "$place/libtessera.so"
if ldd "$place/$file" | grep -E 'libswift|Foundation|not found'; then
    echo "$place/$file needs more than a machine without Swift has" >&2
    exit 1
fi
strangers=$(nm -D --defined-only "$place/$file" | awk '$3 !~ /^tessera_/')
[ -z "$strangers" ] || { echo "$place/$file shows other names than tessera_…: $strangers" >&2 && exit 1; }
echo "$place/$file"
