#!/usr/bin/env bash
# install.sh install PROGRAM LIBRARY | uninstall: the program, completions for bash, zsh and fish, the manual pages, the C library with header and
# tessera.pc below $DESTDIR$PREFIX (default /usr/local), and tessera-serve if it lies beside PROGRAM. The programs need nothing else beside them but
# the Swift runtime, where they were built or on the system; the library has that in it.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
bin=$root/bin share=$root/share lib=$root/lib
# Of each: the program, the shell, the file.
completions=()
for name in tessera tessera-serve; do
    completions+=("$name bash $share/bash-completion/completions/$name" "$name zsh $share/zsh/site-functions/_$name"
        "$name fish $share/fish/vendor_completions.d/$name.fish")
done

remove() {
    local entry
    rm -f "$bin/tessera" "$bin/tessera-serve" "$share"/man/man1/tessera.1 "$share"/man/man1/tessera-*.1
    rm -f "$lib"/libtessera.so "$lib"/libtessera.so.[0-9]* "$lib/pkgconfig/tessera.pc" "$root/include/tessera.h"
    for entry in "${completions[@]}"; do rm -f "${entry#* * }"; done
}

# write_completions PROGRAM: into $made, those of all shells.
write_completions() {
    local shell name
    name=$(basename "$1")
    for shell in bash zsh fish; do "$1" --generate-completion-script "$shell" >"$made/$name.$shell"; done
}

# Those that were written.
install_completions() {
    local entry name shell
    for entry in "${completions[@]}"; do
        read -r name shell _ <<<"$entry"
        [ ! -e "$made/$name.$shell" ] || install -D -m 644 "$made/$name.$shell" "${entry#* * }"
    done
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
    server=$(dirname "$program")/tessera-serve
    [ -x "$server" ] || server=""
    # Whatever root's umask is: all may read it.
    umask 022
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    # What does not run here leaves the installed version alone.
    "$program" --version >/dev/null
    write_completions "$program"
    if [ -n "$server" ]; then
        "$server" --version >/dev/null
        write_completions "$server"
    fi
    "$program" manual -o "$made/man" >/dev/null
    description >"$made/tessera.pc"
    # Pages of commands that an older version had go too.
    remove
    # Not over the old file: one that runs keeps it.
    install -D -m 755 "$program" "$bin/tessera"
    [ -z "$server" ] || install -D -m 755 "$server" "$bin/tessera-serve"
    install_completions
    install -d -m 755 "$share/man/man1"
    install -m 644 "$made"/man/tessera*.1 "$share/man/man1"
    install_library
    echo "installed $bin/tessera${server:+, $bin/tessera-serve} and $lib/libtessera.so"
    ;;
*)
    echo "usage: $0 install PROGRAM LIBRARY | uninstall" >&2
    exit 2
    ;;
esac
