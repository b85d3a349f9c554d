#!/usr/bin/env bash
# Runs the tests under the address sanitizer, then with undefined behaviour in C code trapping; each in a build folder of its own.
# Swift itself has no undefined-behaviour sanitizer on Linux: its own checks are on in these debug builds.
set -euo pipefail
cd "$(dirname "$0")/.."
export LSAN_OPTIONS="suppressions=$PWD/Scripts/leaks.supp:print_suppressions=0"
echo "== address"
swift test --scratch-path .build-address --sanitize=address
echo "== undefined"
swift test --scratch-path .build-undefined -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined
