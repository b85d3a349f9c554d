#!/usr/bin/env bash
# Runs the scripts of ../shared/edges (odd files, folders, environments, made after public bug reports) and judges what they print, as far as
# a program can: fails where something crashes, hangs, loses data or gives other tokens than it should. Needs no network but for a Python
# with numpy and pillow, and torch for 02, 12 and 14, which are left out without it: a virtual environment in .build-edges where there is none.
# edges.sh [CASE…], e.g. edges.sh 06 07. TESSERA names another program. As root: 06 makes device nodes of its own.
# With EDGES_QUICK, only the quick cases that can run here as it is: nothing is installed for them.
set -euo pipefail
cd "$(dirname "$0")/.."
edges=../shared/edges
[ -d "$edges" ] || { echo "$edges is missing" >&2; exit 1; }
work=$PWD/.build-edges
mkdir -p "$work"
export TESSERA=${TESSERA:-$PWD/.build/release/tessera} EDGES_WORK=$work/files NO_COLOR=1

has_numpy() { python3 -c 'import numpy, PIL' 2>/dev/null; }
if [ -z "${EDGES_QUICK:-}" ] && ! has_numpy; then
    [ -x "$work/venv/bin/python3" ] || python3 -m venv "$work/venv"
    export PATH=$work/venv/bin:$PATH
    has_numpy || pip install -q numpy pillow safetensors
fi

# Whether EDGES_QUICK leaves a case out, and why.
left_out() {
    [ -n "${EDGES_QUICK:-}" ] || return 1
    case $1 in
    16) return 1 ;;
    05 | 11) ;;
    06) [ "$(id -u)" = 0 ] || { echo "it needs root"; return; } ;;
    *) echo "it takes long, or needs torch"; return ;;
    esac
    ! has_numpy && echo "it needs Python's numpy and pillow"
}

bad() { findings+=("$1"); }
never() { while IFS= read -r line; do bad "unwanted: $line"; done < <(grep -aE -- "$1" "$printed" || true); }
always() {
    local pattern
    for pattern; do grep -aqE -- "$pattern" "$printed" || bad "missing: $pattern"; done
}

# What no case may show: signals, hangs, traces, files that should not be there.
judge_all() {
    never 'TIMEOUT|Traceback|Backtracing|Fatal error|LEFT A FILE|exit -[0-9]'
    while IFS= read -r line; do bad "ended by a signal: $line"; done < <(
        grep -aoE 'exit [0-9]+.{0,80}' "$printed" | grep -E '^exit (12[4-9]|1[3-9][0-9]|2[0-9]{2})' | grep -vE '^exit (130|141|143)' || true)
}

judge_02() {
    # Weights rounded to 8 bits are other weights.
    while IFS= read -r line; do bad "$line"; done < <(awk '
        /^== / { name = $2 } /tokens equal: False/ && name !~ /^fp8/ { print name $0 }' "$printed")
    always 'plain\.pth: exit 0' 'legacy\.pth: exit 0' 'strides\.pth: exit 0' 'every-third\.pth: exit 0' 'one-storage\.pth: exit 0' \
        'prefix-module-\.pth: exit 0' 'state_dict\.ckpt: exit 0' 'tokens equal: True  latents max diff: 0\.0$'
}

judge_05() {
    local name
    for name in half.jpg half.png header-only.jpg soi.jpg zero.jpg html.jpg lfs.png svg.png pdf.jpg heic.jpg gif.jpg no-iend.png crc.png \
        dim-huge.png dim-zero.png dim65500.jpg height0.jpg missing.png dangling.png folder.png fifo.png; do
        always "^$name +exit 1 .*tessera: error: $name: .*;"
    done
    always '^html\.jpg .*HTML page' '^lfs\.png .*git lfs pull' '^fifo\.png .*FIFO'
}

judge_06() {
    never '(node is now|it is now): regular' 'exit 0.*error'
    always 'the reader got 1696 bytes' 'link.npy -> elsewhere/real.npy' 'elsewhere/real.npy has 1696 bytes' 'mode now 600' \
        'outlink -> elsewhere/dir' 'o2/result.json -> ../elsewhere/res.json' '   files equal' 'Permission denied'
    # The line after each of these tells the code.
    while IFS= read -r line; do bad "$line"; done < <(awk '
        /^== stdout full/ { what = $0; want = "exit 1 .*No space left on device"; next }
        /^== stdout closed early/ { what = $0; want = "exit (0|141)"; next }
        /^== stdout closed \(>&-\)/ { what = $0; want = "exit 1 "; next }
        /^== (stdin closed|stderr full|stderr closed)/ { what = $0; want = "exit 0"; next }
        want != "" { if ($0 !~ want) print what ": " $0; want = "" }' "$printed")
}

judge_07() {
    never 'exit 0, tokens DIFFERENT'
    always 'ulimit -n 4: exit 1, .*ulimit -n' 'ulimit -f 0.*: exit 1, ' 'empty environment: exit 0, tokens same' \
        "OMP_NUM_THREADS='-1': exit (0, tokens same|2)" "OMP_NUM_THREADS='': exit (0, tokens same|2)" 'LC_ALL=tr_TR.UTF-8: exit 0, tokens same' \
        'working folder deleted: exit 1' 'absolute output: exit 0'
}

judge_11() {
    always "== plain: exit 0; .*\('000.npy', 0\), \('001.npy', 1\)" "== with-json: exit 0; .*\('0.npy', 0\), \('1.npy', 1\)" \
        "== bad-member: exit 0; .*\('0.npy', 0\), \('2.npy', 2\)" '== cut-in-data: exit 1' '== no-end-blocks: exit 1' 'skipped.tsv: shard-00000.tar.*\.\./000\.png: names in archives' \
        '== tgz: exit 1'
}

judge_12() {
    never 'computation: False' 'computation: True \([1-9]'
    always '16-bit PNG +exit 0 .*True' 'float64 .npy +exit 0 .*True' '8-bit grey PNG +exit 0 .*True'
}

judge_14() {
    never 'diff (nan|[1-9]|0\.[0-9]*[1-9]|[0-9.]+e)'
    always '^good +exit 0 diff 0' '^links +exit 0 diff 0' '^config-bom +exit 0 diff 0' '^missing-shard +exit 1 .*model-00002-of-00002' \
        '^cut-shard +exit 1' '^dotdot +exit 1' '^absolute +exit 1' '^in-both +exit (0 diff 0|1)'
}

judge_16() {
    always '== mac: features: exit 0; ' '== mac: embed: exit 0; ' '== mac: generate: exit 0; ' '== bad: features: exit 1; .*bad/1b.png' \
        '== bad: generate: exit 1; .*bad/1b.png' '== dataset with \._0\.png: exit 0'
}

failed=0 run=()
for folder in "$edges"/[0-9]*/; do
    name=$(basename "$folder")
    number=${name%%-*}
    [ $# = 0 ] || [[ " $* " == *" $number "* ]] || continue
    run+=("$number")
    declare -F "judge_$number" >/dev/null || { echo "$name: nothing judges it here; left out"; continue; }
    if grep -qs 'import.*torch' "$folder/make.py" && ! python3 -c 'import torch' 2>/dev/null; then
        echo "$name: left out, it needs Python's torch"
        continue
    fi
    if why=$(left_out "$number"); then
        echo "$name: left out, $why"
        continue
    fi
    printed=$work/$name.txt findings=() code=0
    if [ -f "$folder/make.py" ]; then
        timeout 1800 python3 "$folder/make.py" >"$printed" 2>&1 || code=$?
    else
        timeout 1800 bash "$folder/make.sh" >"$printed" 2>&1 || code=$?
    fi
    # The shell scripts end with what their last call gives; a time-out and a signal are none of that.
    if [ $code -ge 124 ] || { [ $code != 0 ] && [ ! -f "$folder/make.sh" ]; }; then bad "the script itself ended with $code"; fi
    judge_all
    "judge_$number"
    if [ ${#findings[@]} = 0 ]; then
        echo "$name: right"
    else
        failed=$((failed + 1))
        echo "$name: WRONG (all of it: $printed)"
        printf '    %.220s\n' "${findings[@]}"
    fi
done
for case; do
    [[ " ${run[*]} " == *" $case "* ]] || { echo "there is no case $case in $edges" >&2; failed=$((failed + 1)); }
done
[ $failed = 0 ]
