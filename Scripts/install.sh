#!/usr/bin/env bash
# install.sh install PROGRAM LIBRARY | uninstall: the program, completions for bash, zsh and fish, the manual pages, the C library with header and
# tessera.pc below $DESTDIR$PREFIX (default /usr/local). The program needs nothing else beside it but the Swift runtime, where it was built or on
# the system; the library has that in it.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
bin=$root/bin share=$root/share lib=$root/lib
completions=("bash $share/bash-completion/completions/tessera" "zsh $share/zsh/site-functions/_tessera"
    "fish $share/fish/vendor_completions.d/tessera.fish")

remove() {
    rm -f "$bin/tessera" "$share"/man/man1/tessera.1 "$share"/man/man1/tessera-*.1
    rm -f "$lib"/libtessera.so "$lib"/libtessera.so.[0-9]* "$lib/pkgconfig/tessera.pc" "$root/include/tessera.h"
    for entry in "${completions[@]}"; do rm -f "${entry#* }"; done
}

# What pkg-config tells of the library.
description() {
    cat <<PC
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: tessera
Description: Compiles and runs ONNX and 4M models on CPUs
Version: $("$program" --version | awk '{ print $NF }')
Libs: -L\${libdir} -ltessera
Cflags: -I\${includedir}
PC
}

install_library() {
    local file
    file=$(basename "$(readlink -f "$library")")
    # Not over the old file: processes that have it mapped keep it.
    install -D -m 644 "$library" "$lib/$file"
    ln -s "$file" "$lib/${file%.*}"
    ln -s "$file" "$lib/libtessera.so"
    install -D -m 644 Sources/CTessera/include/tessera.h "$root/include/tessera.h"
    install -D -m 644 "$made/tessera.pc" "$lib/pkgconfig/tessera.pc"
    # So that programs find it at once; without root that is the caller's.
    [ -n "${DESTDIR:-}" ] || ldconfig 2>/dev/null || true
}

case ${1:-} in
uninstall)
    remove
    echo "removed from $root"
    ;;
install)
    program=$2 library=$3
    # Whatever root's umask is: all may read it.
    umask 022
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    # What does not run here leaves the installed version alone.
    "$program" --version >/dev/null
    for entry in "${completions[@]}"; do "$program" --generate-completion-script "${entry%% *}" >"$made/${entry%% *}"; done
    "$program" manual -o "$made/man" >/dev/null
    description >"$made/tessera.pc"
    # Pages of commands that an older version had go too.
    remove
    # Not over the old file: one that runs keeps it.
    install -D -m 755 "$program" "$bin/tessera"
    for entry in "${completions[@]}"; do install -D -m 644 "$made/${entry%% *}" "${entry#* }"; done
    install -d -m 755 "$share/man/man1"
    install -m 644 "$made"/man/tessera*.1 "$share/man/man1"
    install_library
    echo "installed $bin/tessera and $lib/libtessera.so"
    ;;
*)
    echo "usage: $0 install PROGRAM LIBRARY | uninstall" >&2
    exit 2
    ;;
esac
