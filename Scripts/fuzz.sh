#!/usr/bin/env bash
# Feeds every parser of untrusted files with changed copies of real ones (libFuzzer, address sanitizer), in a build folder
# of its own. FUZZ_SECONDS each (default 600); FUZZ_TARGET names one of them. What was found lies in .build-fuzz/crashes;
# FUZZ_TARGET=NAME .build-fuzz/debug/Fuzz FILE repeats it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
all="safetensors torch pickle json yaml picture numpy tar ir"
targets=${FUZZ_TARGET:-$all}
for target in $targets; do
    [[ " $all " == *" $target "* ]] || { echo "FUZZ_TARGET=$target: there is no such target; there are: $all" >&2; exit 2; }
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "FUZZ_SECONDS=$seconds is no number of seconds" >&2; exit 2; }

swift build --package-path Fuzz --scratch-path .build-fuzz --product Fuzz -Xswiftc -enable-testing -Xcc -fsanitize=address \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library 2>&1 | { grep -vE 'ld.gold: warning|^\s*$' || true; }

# Seeds: small files of the demo bundle, the golden data where they are, and the cases of the pass tests.
places=(Models Tests)
for shared in ../shared ../../shared; do [[ -d $shared/goldens ]] && places+=("$shared/goldens") && break; done
seeds() {
    local folder=.build-fuzz/seeds/$1
    rm -rf "$folder" && mkdir -p "$folder"
    shift
    find "${places[@]}" -type f -size -64k \( "$@" \) -print0 | head -zn 400 | while IFS= read -r -d '' file; do
        cp -f "$file" "$folder/$(cksum < "$file" | cut -d' ' -f1)"
    done
}
seed() {
    case $1 in
        safetensors) seeds "$1" -name '*.safetensors' ;;
        torch | pickle) seeds "$1" -name '*.pth' ;;
        json) seeds "$1" -name '*.json' ;;
        yaml) seeds "$1" -name '*.yaml' -o -name 'config.json' ;;
        picture) seeds "$1" -name '*.png' -o -name '*.jpg' ;;
        numpy)
            seeds "$1" -name '*.npy' -o -name '*.npz' -o -name '*.pth'
            printf "\x93NUMPY\x01\x00\x46\x00%-69s\n\x01\x02\x03\x04" "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}" \
                > ".build-fuzz/seeds/$1/array"
            ;;
        tar)
            rm -rf .build-fuzz/seeds/tar && mkdir -p .build-fuzz/seeds/tar
            for format in ustar gnu pax v7; do
                tar --format=$format -cf ".build-fuzz/seeds/tar/$format" Tests/Cases/dead-code
            done
            ;;
        ir) seeds "$1" -name '*.ir' ;;
    esac
    # The pickle of the zip form alone.
    if [[ $1 == pickle ]]; then
        for file in .build-fuzz/seeds/pickle/*; do
            [[ -f $file ]] && command -v unzip > /dev/null && unzip -p "$file" '*/data.pkl' > "$file.pkl" 2> /dev/null || true
        done
    fi
}

failed=""
for target in $targets; do
    seed "$target"
    mkdir -p ".build-fuzz/corpus/$target" .build-fuzz/crashes
    echo "== $target"
    FUZZ_TARGET=$target .build-fuzz/debug/Fuzz -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=512 -detect_leaks=0 -print_final_stats=1 -verbosity=0 -artifact_prefix=".build-fuzz/crashes/$target-" \
        ".build-fuzz/corpus/$target" ".build-fuzz/seeds/$target" || failed+=" $target"
done
[[ -z $failed ]] || { echo "faults in:$failed; inputs in .build-fuzz/crashes" >&2; exit 1; }
