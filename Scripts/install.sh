#!/usr/bin/env bash
# install.sh install PROGRAM | uninstall: the program, completions for bash, zsh and fish, and the manual pages below $DESTDIR$PREFIX
# (default /usr/local). The program needs nothing else beside it but the Swift runtime, where it was built or on the system.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${DESTDIR:-}${PREFIX:-/usr/local}
bin=$root/bin share=$root/share
completions=("bash $share/bash-completion/completions/tessera" "zsh $share/zsh/site-functions/_tessera"
    "fish $share/fish/vendor_completions.d/tessera.fish")

remove() {
    rm -f "$bin/tessera" "$share"/man/man1/tessera.1 "$share"/man/man1/tessera-*.1
    for entry in "${completions[@]}"; do rm -f "${entry#* }"; done
}

case ${1:-} in
uninstall)
    remove
    echo "removed from $root"
    ;;
install)
    program=$2
    # Whatever root's umask is: all may read it.
    umask 022
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    # What does not run here leaves the installed version alone.
    "$program" --version >/dev/null
    for entry in "${completions[@]}"; do "$program" --generate-completion-script "${entry%% *}" >"$made/${entry%% *}"; done
    "$program" manual -o "$made/man" >/dev/null
    # Pages of commands that an older version had go too.
    remove
    # Not over the old file: one that runs keeps it.
    install -D -m 755 "$program" "$bin/tessera"
    for entry in "${completions[@]}"; do install -D -m 644 "$made/${entry%% *}" "${entry#* }"; done
    install -d -m 755 "$share/man/man1"
    install -m 644 "$made"/man/tessera*.1 "$share/man/man1"
    echo "installed $bin/tessera"
    ;;
*)
    echo "usage: $0 install PROGRAM | uninstall" >&2
    exit 2
    ;;
esac
