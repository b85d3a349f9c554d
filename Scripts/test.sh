#!/usr/bin/env bash
# The whole test suite in release mode, then the programs of Examples, the examples of the docs, the tests of the C library, the README's lines for
# each language, an installation into a folder that goes again, and the golden cases through the command line. With TESSERA_REQUIRE_SHARED=1 it
# is a failure that ../shared is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --build-tests -Xswiftc -enable-testing
swift test -c release --skip-build -Xswiftc -enable-testing --parallel
Scripts/examples.sh
Scripts/docs.sh .build/release/tessera
Scripts/library.sh
Scripts/c-tests.sh
Scripts/faces.sh --offline
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
DESTDIR=$place PREFIX=/usr Scripts/install.sh install .build/release/tessera .build/library/libtessera.so
"$place/usr/bin/tessera" --version
for file in man/man1/tessera-generate.1 bash-completion/completions/tessera zsh/site-functions/_tessera \
    fish/vendor_completions.d/tessera.fish; do
    [ -s "$place/usr/share/$file" ]
done
# A program that finds the library as others do.
printf '#include <stdio.h>\n#include <tessera.h>\nint main(void) { return puts(tessera_version()) < 0; }\n' >"$place/version.c"
export PKG_CONFIG_PATH=$place/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$place
# shellcheck disable=SC2046
"${CC:-cc}" "$place/version.c" $(pkg-config --cflags --libs tessera) -o "$place/version"
[ "$(LD_LIBRARY_PATH=$place/usr/lib "$place/version")" = 0.1 ]
rm "$place/version" "$place/version.c"
DESTDIR=$place PREFIX=/usr Scripts/install.sh uninstall
[ -z "$(find "$place" -type f)" ]
if [ -d ../shared/goldens ]; then
    .build/release/tessera test ../shared/goldens/*/*/
    [ ! -d ../shared/training ] || .build/release/tessera test ../shared/training
else
    echo "../shared/goldens is missing: golden cases were not run, and the tests that read it were skipped (marked 'skipped' above)"
    [[ ${TESSERA_REQUIRE_SHARED:-} != 1 ]] || exit 1
fi
