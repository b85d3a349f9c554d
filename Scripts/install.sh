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
    # Pages of commands that an older version had go too.
    remove
    # Not over the old file: one that runs keeps it.
    install -D -m 755 "$program" "$bin/tessera"
    for entry in "${completions[@]}"; do
        file=${entry#* }
        install -d "$(dirname "$file")"
        "$program" --generate-completion-script "${entry%% *}" >"$file"
        chmod 644 "$file"
    done
    "$program" manual -o "$share/man/man1" >/dev/null
    chmod 644 "$share"/man/man1/tessera*.1
    echo "installed $bin/tessera"
    ;;
*)
    echo "usage: $0 install PROGRAM | uninstall" >&2
    exit 2
    ;;
esac
