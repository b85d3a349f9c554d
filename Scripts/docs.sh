#!/usr/bin/env bash
# Runs the examples of README.md and Docs/*.md in a folder with Models/shapes and its photos, and holds what they print against what the
# pages show: each line shown must be printed, in that order. Spaces, fractions, times and thread counts may differ; … stands for anything.
# docs.sh [PROGRAM [PATTERN]]: with a pattern (ERE) only the commands that match it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
program=$(realpath "${1:-.build/release/tessera}") pattern=${2:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/tessera"
export PATH=$work/bin:$PATH NO_COLOR=1
unset COLUMNS

# What the examples of one page find, and leave to those after them.
prepare() {
    rm -rf "$work/page"
    mkdir -p "$work/page/photos" "$work/page/data/rgb/b" "$work/page/data/depth/b"
    cd "$work/page"
    ln -s "$root/Models"
    cp Models/shapes/images/*_rgb.png photos/
    cp photos/007_rgb.png photo.png
    cp photos/007_rgb.png photo.jpg
    cp Models/shapes/images/007_depth.png hole.png
    for i in 0 1 2 3 4; do
        cp "photos/00${i}_rgb.png" "data/rgb/b/$i.png"
        cp "Models/shapes/images/00${i}_depth.png" "data/depth/b/$i.png"
    done
    echo "no picture" >data/rgb/b/bad.jpg
    printf 'Prompt\na large red sphere on a grey floor\na small cube\n' >prompts.tsv
    cut -f1 prompts.tsv | tail -n +2 >prompts.txt
    cp prompts.txt captions.txt
    mkdir images
    cp photo.png images/
    cp -r photos mixed
    echo "no picture" >mixed/bad.png
    mkdir in pictures
    tessera features Models/shapes/fm.safetensors photo.png -o in/tokens.npy --pool none >prepared 2>&1
    tessera tokenize Models/shapes --modality rgb photo.png -o photo.npy >>prepared 2>&1
    tessera detokenize Models/shapes --modality rgb photo.npy --preview -o pictures/image.npy >>prepared 2>&1
    cp Models/shapes/fm.safetensors Models/shapes/fm.json .
}

plain() {
    sed -E 's/[0-9]+\.[0-9]+(e-?[0-9]+)?/#/g; s/(#|[0-9]+) (ms|s|%|kB|MB)([ ,.):]|$)/# \3/g; s/[0-9]+ threads \([a-z0-9]+\)/# threads/g
            s/[ \t]+/ /g; s/^ //; s/ $//'
}

# Prints the lines of file $1 that are not in file $2 in that order.
missing() {
    awk 'function found(line, part,   pieces, n, i, at) {
             n = split(part, pieces, "…"); at = 1
             for (i = 1; i <= n; i++) {
                 if (pieces[i] == "") continue
                 place = index(substr(line, at), pieces[i])
                 if (!place || (i == 1 && place != 1)) return 0
                 at += place - 1 + length(pieces[i])
             }
             return part ~ /…$/ || at == length(line) + 1
         }
         FILENAME == ARGV[1] { lines[++count] = $0; next }
         $0 == "…" || $0 == "" { next }
         { for (i = next_line + 1; i <= count && !found(lines[i], $0); i++) {}
           if (i > count) print; else next_line = i }' "$2" "$1"
}

failures=0 count=0
for page in README.md Docs/*.md; do
    (prepare)
    cd "$work/page"
    while IFS=$'\034' read -r -d $'\036' line command expected; do
        [[ $command =~ $pattern ]] || continue
        count=$((count + 1)) code=0
        # Results of an earlier example are not to be gone on with.
        [[ $command != "tessera generate "* || $command == *--resume* ]] || rm -rf out
        timeout 120 bash -c "$command" >"$work/printed" 2>&1 </dev/null || code=$?
        fails=0
        [[ $expected != *"tessera: error: "* ]] || fails=1
        plain <"$work/printed" >"$work/got"
        printf %s "$expected" | plain >"$work/wanted"
        lost=$(missing "$work/wanted" "$work/got")
        if [ -n "$lost" ] || [ $((code > 0)) != $fails ] || [ $code -gt 2 ]; then
            failures=$((failures + 1))
            echo "$page:$line: $command" >&2
            echo "  exit code $code; of what the page shows is not printed:" >&2
            sed 's/^/    /' <<<"$lost" >&2
            echo "  printed:" >&2
            head -40 "$work/printed" | sed 's/^/    /' >&2
        fi
    done < <(awk -f "$root/Scripts/docs.awk" "$root/$page")
    cd "$root"
done
echo "$count examples of the pages were run, $failures failed"
# Pages whose examples are not found any more would pass for ever.
[ $failures = 0 ] && { [ $count -gt 0 ] || [ "$pattern" != . ]; }
