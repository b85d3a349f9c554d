#!/usr/bin/env bash
# Runs the tests under the address and the undefined-behaviour sanitizer, each in a build folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
export LSAN_OPTIONS="suppressions=$PWD/Scripts/leaks.supp:print_suppressions=0"
for sanitizer in address undefined; do
    echo "== $sanitizer"
    swift test --scratch-path ".build-$sanitizer" --sanitize="$sanitizer"
done
