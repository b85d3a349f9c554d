#!/usr/bin/env bash
# Every model of the 4M zoo at its true size, with random weights: written, inspected, run. Prints a Markdown table.
# Needs up to 20 GB of disk in WORK (default .build-zoo) at a time; a model is removed when it has been run.
# usage: Benchmarks/zoo.sh [PRESET...]      SHARED=../shared names the folder with the 30k text tokenizer.
set -euo pipefail
cd "$(dirname "$0")/.."
tessera=${TESSERA:-.build/release/tessera}
work=${WORK:-.build-zoo}
words=${SHARED:-../shared}/goldens/text/text_tokenizer_4m_wordpiece_30k.json
photo=Models/shapes/images/000_rgb.png
mkdir -p "$work"
listed=$("$tessera" init --list)
presets=("$@")
if ((${#presets[@]} == 0)); then
    mapfile -t presets < <(awk 'NR > 1 { print $1 }' <<< "$listed")
fi

# Seconds and peak resident MB of a command, whose output goes to $work/log.
measure() { /usr/bin/time -o "$work/time" -f '%e %M' "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
seconds() { awk '{ printf "%.1f s", $1 }' "$work/time"; }
memory() { awk '{ printf "%.1f GB", $2 * 1024 / 1e9 }' "$work/time"; }

# An f32 array of zeros: file, then its sizes.
zeros() {
    local file=$1 shape count=1 head side
    shift
    shape=$(printf '%s, ' "$@")
    for side in "$@"; do count=$((count * side)); done
    head="{'descr': '<f4', 'fortran_order': False, 'shape': ($shape), }"
    { printf '\x93NUMPY\x01\x00\x76\x00'; printf '%-117s\n' "$head"; head -c $((count * 4)) /dev/zero; } > "$file"
}

# A bundle of one model and the tokenizers that its run needs.
bundle() {
    { printf 'name: %s\nmodel: %s\n' "$1" "$1"; [[ -f $words ]] && printf 'text_tokenizer: %s\n' "$(realpath "$words")"; cat; } > "$work/bundle.yaml"
}

run_transformer() {
    local preset=$1 input=rgb@224=$photo target=tok_depth@224 tokenizer=tok-depth-8k size=224 steps=(--diffusion-steps 2)
    case $preset in
    *t2i*) input='caption=a red sphere on a grey floor' target=tok_rgb@224 tokenizer=tok-rgb-16k ;;
    *sr*) input=tok_rgb@224=$photo target=tok_rgb@448 tokenizer=tok-rgb-16k size=448 ;;
    *21*) target=tok_dinov2@224 tokenizer=tok-dinov2-8k steps=() ;;
    esac
    local base=${target%@*}
    [[ -d $work/$tokenizer ]] || "$tessera" init --preset "$tokenizer" -o "$work/$tokenizer" > /dev/null 2>&1
    bundle "$preset" <<< "tokenizers: {$base: $tokenizer}"
    shown="generate --input \"${input%%=*}=…\" --target $target --steps 1"
    measure "$tessera" generate "$work" --input "$input" --target "$target" --steps 1 --temperature 0 --cfg 1 "${steps[@]}" \
        -o "$work/out"
    [[ -s $work/out/$target.tokens.npy && -s $work/out/$target.png ]] || { echo "$preset: no picture" >&2; exit 1; }
}

run_tokenizer() {
    local preset=$1 modality input=$photo
    case $preset in
    tok-rgb*) modality=rgb ;; tok-depth*) modality=depth input=Models/shapes/images/000_depth.png ;;
    tok-normal*) modality=normal input=Models/shapes/images/000_normal.png ;;
    tok-edge*) modality=canny_edge input=canny:$photo ;;
    tok-semseg*) modality=semseg input=Models/shapes/images/000_semseg.png ;;
    tok-clip*) modality=clip input=$work/in.npy && zeros "$input" 512 14 14 ;;
    tok-dinov2-global*) modality=dinov2_global input=$work/in.npy && zeros "$input" 768 ;;
    tok-imagebind-global*) modality=imagebind_global input=$work/in.npy && zeros "$input" 1280 ;;
    tok-dinov2*) modality=dinov2 input=$work/in.npy && zeros "$input" 768 16 16 ;;
    tok-imagebind*) modality=imagebind input=$work/in.npy && zeros "$input" 1280 16 16 ;;
    tok-sam*) modality=sam_instance input=$work/in.npy && zeros "$input" 1 64 64 ;;
    tok-human*) modality=human_poses input=$work/in.npy && zeros "$input" 207 ;;
    esac
    local base=tok_$modality
    case $modality in sam_instance | human_poses) base=$modality ;; esac
    printf 'name: %s\nmodel: none\ntokenizers: {%s: %s}\n' "$preset" "$base" "$preset" > "$work/bundle.yaml"
    shown="tokenize and detokenize --modality $modality"
    local more=()
    case $preset in tok-rgb* | tok-depth* | tok-normal* | tok-edge*) more=(--diffusion-steps 2) ;; esac
    measure bash -c '
        "$1" tokenize "$2" --modality "$3" "$4" -o "$2/codes.npy" &&
        "$1" detokenize "$2" --modality "$3" "$2/codes.npy" -o "$2/back.npy" "${@:5}"' _ "$tessera" "$work" "$modality" "$input" "${more[@]}"
    [[ -s $work/back.npy ]] || { echo "$preset: nothing decoded" >&2; exit 1; }
}

echo "| model of the zoo | preset | parameters | file, f32 | inspect | run (random weights) | time | peak memory |"
echo "|---|---|---|---|---|---|---|---|"
for preset in "${presets[@]}"; do
    made=$("$tessera" init --preset "$preset" -o "$work/$preset" 2> /dev/null)
    measure "$tessera" inspect "$work/$preset"
    inspected=$(seconds)
    if [[ $preset == 4m-* ]]; then run_transformer "$preset"; else run_tokenizer "$preset"; fi
    parameters=$(cut -f2 <<< "$made" | sed 's/ parameters.*//')
    bytes=$(cut -f2 <<< "$made" | sed 's/.*parameters, //; s/ (.*//')
    hub=$(awk -v p="$preset" '$1 == p' <<< "$listed" | grep -o 'EPFL-VILAB.*' | sed 's/EPFL-VILAB\///g')
    echo "| $hub | \`$preset\` | $parameters | $bytes | $inspected | \`$shown\` | $(seconds) | $(memory) |"
    rm -rf "${work:?}/$preset" "$work/out"
done
