#!/usr/bin/env bash
# Builds the programs of Tests/C against the C library and runs them.
#   c-tests.sh [LIBRARY]             as they are; LIBRARY is libtessera.so, by default that of Scripts/library.sh
#   c-tests.sh --sanitize [LIBRARY]  C code of the tests under the address and undefined-behaviour sanitizers, leaks included
#   c-tests.sh --valgrind [LIBRARY]  under Valgrind: no bad reads or writes, and no handle that is lost
# Names of programs behind LIBRARY (models running ...) take those alone.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=plain
case ${1:-} in --sanitize | --valgrind) mode=${1#--} && shift ;; esac
library=$(realpath "${1:-.build/library/libtessera.so}")
# What Valgrind is to leave out it knows by the names of functions.
named=$(dirname "$library")/named/$(basename "$library")
[ $mode != valgrind ] || [ ! -e "$named" ] || library=$named
wanted=" ${*:2} "
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
ln -s "$library" "$place/libtessera.so"
ln -s "$library" "$place/libtessera.so.0"
export LD_LIBRARY_PATH=$place:${LD_LIBRARY_PATH:-}
header=Sources/CTessera/include
flags=(-g -O1 -Wall -Wextra -Werror -I "$header")

# The header is C and C++ of all kinds.
for language in c:-std=c99 c:-std=c11 c:-std=c17 c++:-std=c++11 c++:-std=c++20; do
    printf '#include "tessera.h"\nint main(void) { tessera_tensor t = TESSERA_TENSOR_INIT; return !t.struct_size; }\n' |
        "${CC:-cc}" -x "${language%%:*}" "${language#*:}" -Wall -Wextra -Wno-missing-field-initializers -Werror -pedantic -I "$header" \
            -fsyntax-only -
done

run=()
case $mode in
plain) flags+=(-DCOUNTED_HEAP -I Tests/CountedHeap/include Tests/CountedHeap/counted_heap.c) ;;
sanitize)
    # The toolchain's clang: the leak sanitizer of GCC 12 faults while it looks at what the library maps.
    CC=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    flags+=(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fuse-ld=lld)
    export ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS="suppressions=$PWD/Scripts/c-leaks.supp:print_suppressions=0"
    ;;
valgrind)
    # One thread of OpenMP: Valgrind runs one at a time, and those that wait for work would be most of it.
    export OMP_NUM_THREADS=1 TESSERA_SLOW_TOOL=1
    # A forked child tells by its status: what Valgrind says of it is of threads that it has not.
    run=(valgrind --quiet --child-silent-after-fork=yes --error-exitcode=9 --leak-check=full --show-leak-kinds=definite
        --errors-for-leak-kinds=definite "--suppressions=Scripts/valgrind.supp")
    ;;
esac
# What finds leaks must find that of a handle.
if [ $mode != plain ]; then
    printf '#include "tessera.h"\nint main(void) { tessera_cancellation_create(); return 0; }\n' >"$place/leak.c"
    "${CC:-cc}" "$place/leak.c" "${flags[@]}" -o "$place/leak" -L "$place" -ltessera
    if "${run[@]}" "$place/leak" >/dev/null 2>&1; then
        echo "the leak of a handle was not found" >&2
        exit 1
    fi
fi
# The program that the page shows.
awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' Docs/deploy.md >"$place/page.c"
"${CC:-cc}" -std=c11 "$place/page.c" "${flags[@]}" -o "$place/page" -L "$place" -ltessera
"${run[@]}" "$place/page" | grep -q '^tokens: i64, 1568 bytes$'
for source in Tests/C/*.c; do
    name=$(basename "$source" .c)
    [[ $wanted =~ ^\ *$ || $wanted == *" $name "* ]] || continue
    program=$place/$name
    "${CC:-cc}" -std=gnu11 "$source" "${flags[@]}" -o "$program" -L "$place" -ltessera -lm -lpthread
    start=$SECONDS
    "${run[@]}" "$program"
    [ $mode != valgrind ] || echo "$name: $((SECONDS - start)) s under Valgrind"
done
