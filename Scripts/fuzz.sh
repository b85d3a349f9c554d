#!/usr/bin/env bash
# Feeds every parser of untrusted files with changed copies of real ones (libFuzzer, address sanitizer), in a build folder
# of its own: FUZZ_SECONDS each (default 600), FUZZ_JOBS at a time (default 1); FUZZ_TARGET names one of them. In .build-fuzz:
# summary.txt, logs/TARGET.log, and in crashes what was found; FUZZ_TARGET=NAME .build-fuzz/debug/Fuzz FILE repeats it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
jobs=${FUZZ_JOBS:-1}
all="safetensors torch pickle json yaml tokenizer picture numpy tar onnx ir tess"
targets=${FUZZ_TARGET:-$all}
for target in $targets; do
    [[ " $all " == *" $target "* ]] || { echo "FUZZ_TARGET=$target: there is no such target; there are: $all" >&2; exit 2; }
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "FUZZ_SECONDS=$seconds is no number of seconds" >&2; exit 2; }
[[ $jobs =~ ^[1-9][0-9]?$ ]] || { echo "FUZZ_JOBS=$jobs is no number of jobs" >&2; exit 2; }

TESSERA_FUZZ=1 swift build --scratch-path .build-fuzz --product Fuzz -Xswiftc -enable-testing -Xcc -fsanitize=address \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library 2>&1 | { grep -vE 'ld.gold: warning|^\s*$' || true; }

# Seeds: small files of the demo bundle, the golden data where they are, and the cases of the pass tests.
places=(Models Tests)
for shared in ../shared ../../shared; do [[ -d $shared/goldens ]] && places+=("$shared/goldens" "$shared/onnx/exports") && break; done
seeds() {
    local folder=.build-fuzz/seeds/$1
    rm -rf "$folder" && mkdir -p "$folder"
    shift
    local files
    # Not a pipe into head: find would end by SIGPIPE, and so would this script.
    mapfile -d '' -n 400 -t files < <(find "${places[@]}" -type f -size -64k \( "$@" \) -print0 2> /dev/null)
    for file in "${files[@]}"; do cp -f "$file" "$folder/$(cksum < "$file" | cut -d' ' -f1)"; done
}
# A safetensors file of one layer with LoRA adapters.
adapter() {
    local header='{"a.linear.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}'
    header+=',"a.lora_down.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}'
    header+=',"a.lora_up.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}'
    # shellcheck disable=SC2059
    printf "$(printf '\\x%02x' ${#header})\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\x80?\\0\\0\\x80?\\0\\0\\x80?" "$header"
}
seed() {
    case $1 in
        safetensors)
            seeds "$1" -name '*.safetensors'
            adapter > ".build-fuzz/seeds/$1/adapter"
            ;;
        torch | pickle) seeds "$1" -name '*.pth' ;;
        onnx) seeds "$1" -name '*.onnx' -o -name 'input_?.pb' ;;
        json) seeds "$1" -name '*.json' ;;
        tokenizer)
            seeds "$1" -name '*tokenizer*.json'
            printf '%s' '{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"##b":2}},"normalizer":{"type":"BertNormalizer"},' \
                '"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece"},"added_tokens":[{"id":3,"content":"[EOS]"}]}' \
                > ".build-fuzz/seeds/$1/small"
            ;;
        yaml) seeds "$1" -name '*.yaml' -o -name 'config.json' ;;
        picture)
            seeds "$1" -name '*.png' -o -name '*.jpg'
            # WebP of 20 x 11 pixels: lossy with alpha, lossless with EXIF.
            base64 -d > ".build-fuzz/seeds/$1/lossy" << 'END'
UklGRooAAABXRUJQVlA4WAoAAAAQAAAAEwAACgAAQUxQSBcAAAABuYzof4BI22ZsaP4tn51GTMAEMEvdAABWUDggTAAAAPADAJ0BKhQACwA+bSySRa
QioZgEAEAGxLGAXZdAAC/Pm3cXG6gKuAAA/vqNu7LRK0XBbcyd/ySPVzHQfxW+oGcbkVPi0mTJmiAAAAA=
END
            base64 -d > ".build-fuzz/seeds/$1/lossless" << 'END'
UklGRo4AAABXRUJQVlA4WAoAAAAIAAAAEwAACgAAVlA4TE0AAAAvE4ACAM1lRP8DDNpGcnR1hsrxh7gl/xAGe1ACbdu2YdKOQu54X/7MphKtBETAUh
L5c2lTbxBcCnmD4FIow6WN+BpkWgmYgKVk8seSAQBFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA
END
            ;;
        numpy)
            seeds "$1" -name '*.npy' -o -name '*.npz' -o -name '*.pth'
            printf "\x93NUMPY\x01\x00\x46\x00%-69s\n\x01\x02\x03\x04" "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}" \
                > ".build-fuzz/seeds/$1/array"
            # numpy.savez_compressed(x=numpy.zeros(9, "<f4"))
            base64 -d > ".build-fuzz/seeds/$1/packed" << 'END'
UEsDBC0AAAAIAAAAIQDN1dv8//////////8FABQAeC5ucHkBABAApAAAAAAAAABHAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6
Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GpY6mjoKtQoUAC4GIgAAUEsBAi0DLQAAAAgAAAAhAM3V2/xHAAAApAAAAAUAAAAAAAAAAAAA
AIABAAAAAHgubnB5UEsFBgAAAAABAAEAMwAAAH4AAAAAAA==
END
            ;;
        tar)
            rm -rf .build-fuzz/seeds/tar && mkdir -p .build-fuzz/seeds/tar
            for format in ustar gnu pax v7; do
                tar --format=$format -cf ".build-fuzz/seeds/tar/$format" Tests/Cases/dead-code
            done
            ;;
        ir) seeds "$1" -name '*.ir' ;;
        tess) seeds "$1" -name '*.tess' ;;
    esac
    # The pickle of the zip form alone.
    if [[ $1 == pickle ]]; then
        for file in .build-fuzz/seeds/pickle/*; do
            [[ -f $file ]] && command -v unzip > /dev/null && unzip -p "$file" '*/data.pkl' > "$file.pkl" 2> /dev/null || true
        done
    fi
}

work=.build-fuzz
mkdir -p "$work/logs" "$work/rows" "$work/crashes"

# One target from seeds to its row of the table.
fuzz() {
    local target=$1 log=$work/logs/$1.log start=$SECONDS verdict=ok
    rm -f "$work/rows/$target"
    seed "$target"
    mkdir -p "$work/corpus/$target"
    # Limits on time: see Entry.swift; the one here is for endless loops.
    FUZZ_TARGET=$target "$work/debug/Fuzz" -max_total_time="$seconds" -max_len=65536 -timeout=600 -report_slow_units=600 \
        -rss_limit_mb=2048 -malloc_limit_mb=512 -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$work/crashes/$target-" \
        "$work/corpus/$target" "$work/seeds/$target" > "$log" 2>&1 || verdict=FAULT
    last() { { grep -oE "$1" "$log" || echo "$1 -"; } | tail -n 1 | awk '{ print $NF }'; }
    printf '%-12s %8d %10s %8s %9s %8s %8d  %s\n' "$target" $((SECONDS - start)) "$(last 'executed_units: +[0-9]+')" \
        "$(last 'cov: [0-9]+')" "$(last 'ft: [0-9]+')" "$(last 'peak_rss_mb: +[0-9]+')" \
        "$(grep -c 'Test unit written to' "$log" || true)" $verdict > "$work/rows/$target"
}

rm -rf "$work/rows" && mkdir -p "$work/rows"
for target in $targets; do
    while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
    echo "== $target"
    fuzz "$target" &
done
wait
{
    printf '%-12s %8s %10s %8s %9s %8s %8s\n' target seconds runs coverage features "peak MB" crashes
    for target in $targets; do
        cat "$work/rows/$target" 2> /dev/null || printf '%-12s FAULT: did not run, see above\n' "$target"
    done
} | tee "$work/summary.txt"
if grep -q FAULT "$work/summary.txt"; then
    echo "faults: see $work/logs; the inputs are in $work/crashes" >&2
    exit 1
fi
