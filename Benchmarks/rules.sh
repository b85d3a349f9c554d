#!/usr/bin/env bash
# What each rule of the clean pipeline buys for one function: medians with all rules and without that one, in turn.
#
#   Benchmarks/rules.sh MODEL --function F [--bind name=size …] [other flags of `tessera bench`]
set -euo pipefail
cd "$(dirname "$0")/.."
tessera=.build/release/tessera
[ $# -ge 3 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }

median() { "$tessera" bench "$@" --runs 7 --json | tail -n 1 | sed 's/.*"median_ms":\([0-9.]*\).*/\1/'; }

rules=$("$tessera" passes | awk 'on { print $1 } $1 == "rule" && $2 == "promise" { on = 1 }')
printf '%-24s %10s %10s %8s\n' rule 'all ms' 'without' ratio
for rule in $rules; do
    all=$(median "$@")
    if without=$(median "$@" --disable "$rule" 2>/dev/null); then
        awk -v r="$rule" -v a="$all" -v w="$without" 'BEGIN { printf "%-24s %10.2f %10.2f %8.3f\n", r, a, w, w / a }'
    else
        printf '%-24s %10.2f %10s\n' "$rule" "$all" fails
    fi
done
