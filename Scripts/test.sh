#!/usr/bin/env bash
# The whole test suite in release mode, then the programs of Examples, then the golden cases through the command line. With
# TESSERA_REQUIRE_SHARED=1 it is a failure that ../shared is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --build-tests -Xswiftc -enable-testing
swift test -c release --skip-build -Xswiftc -enable-testing --parallel
Scripts/examples.sh
if [ -d ../shared/goldens ]; then
    .build/release/tessera test ../shared/goldens/*/*/
else
    echo "../shared/goldens is missing: golden cases were not run, and the tests that read it were skipped (marked 'skipped' above)"
    [[ ${TESSERA_REQUIRE_SHARED:-} != 1 ]] || exit 1
fi
