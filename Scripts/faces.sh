#!/usr/bin/env bash
# Takes the snippets for the command line, Swift, C, Python and HTTP out of README.md and runs them: all must make the same files. Then one
# function of a model that takes a picture, and one that gives one, run in all five ways on the same input: the same bytes.
#   faces.sh [--offline]   --offline asks PyPI for nothing; otherwise NumPy is fetched where it is missing
# Left out, and said so, is what is not there: Swift's programs without swift, HTTP without .build/release/tessera-serve, Triton's clients.
# TESSERA_REQUIRE_FACES="swift c python http triton", or some of them, makes it a failure. TESSERA_COMMAND, TESSERA_LIBRARY, TESSERA_SERVE and
# TESSERA_EXAMPLES name what was built elsewhere, TESSERA_PYTHON_ENV and TESSERA_SERVER_PYTHON environments of Python.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD faces=$PWD/Tests/Faces shapes=$PWD/Models/shapes
program=$(realpath "${TESSERA_COMMAND:-.build/release/tessera}") library=$(realpath -m "${TESSERA_LIBRARY:-.build/library/libtessera.so}")
serve=$(realpath -m "${TESSERA_SERVE:-.build/release/tessera-serve}")
work=$(mktemp -d) server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
same=()

leave_out() {
    echo "left out: $1: $2"
    [[ " ${TESSERA_REQUIRE_FACES:-} " != *" $1 "* ]] || { echo "TESSERA_REQUIRE_FACES asks for $1" >&2; exit 1; }
}

# Lines of the README's section in the fence of a language.
snippet() {
    awk -v fence="\`\`\`$1" '/^## /{ here = /^## Use it from/ } here && $0 == fence { inside = 1; next } /^```/ { inside = 0 } here && inside' README.md
}

# Runs a command in a folder of its own, which has Models, as the repository has.
in_place() {
    local name=$1
    shift
    mkdir -p "$work/$name"
    ln -sfn "$root/Models" "$work/$name/Models"
    (cd "$work/$name" && "$@") >"$work/$name.said" 2>&1 || { cat "$work/$name.said" >&2 && echo "$name failed" >&2 && exit 1; }
}

# Every file of a folder is there in that of the command line, with the same bytes; and of $3 or more, so that none passes for empty.
compare() {
    local name=$1 folder=$2 least=$3 count=0 file
    for file in "$work/$name/$folder"/*; do
        cmp "$file" "$work/command/$folder/$(basename "$file")" || { echo "$name does not make the bits of the command line" >&2 && exit 1; }
        count=$((count + 1))
    done
    [ "$count" -ge "$least" ] || { echo "$name made $count files in $folder, not $least or more" >&2 && exit 1; }
}

# A snippet by $1, as the command behind it: it writes what the command line writes, and prints the caption.
generate() {
    local name=$1
    in_place "$@"
    compare "$name" out 6
    tail -1 "$work/$name.said" | cmp - "$work/command/out/caption.txt"
}

# One function by $1, by the command behind it: MODEL FUNCTION INPUT TYPE SHAPE IN OUT are added.
infer() {
    local name=$1
    shift
    in_place "$name" "$@" "$tokenizer" tokenize image f32 1x3x224x224 "$work/picture.raw" tokens
    in_place "$name" "$@" "$decoder" detokenize tokens i64 1x14x14 "$work/command/tokens/tokens.raw" image
    compare "$name" tokens 3
    compare "$name" image 1
}

# ---- The command line, to which all others are held ----
line=$(awk '/^## /{ here = /^## Use it from/ } here && /^    tessera generate/' README.md)
[ -n "$line" ] || { echo "README.md shows no 'tessera generate'" >&2 && exit 1; }
tokenizer=$shapes/tok_rgb.safetensors decoder=$shapes/tok_rgb_vqvae.safetensors
mkdir "$work/bin"
ln -s "$program" "$work/bin/tessera"
PATH=$work/bin:$PATH in_place command bash -c "$line"
for file in tok_depth@224.png tok_depth@224.npy tok_depth@224.tokens.npy caption.txt; do
    [ -s "$work/command/out/$file" ] || { echo "$line made no $file" >&2 && exit 1; }
done
python3 "$faces/files.py" picture "$work/picture.raw"
by_command() {
    mkdir -p in "$7"
    python3 "$faces/files.py" npy "$4" "$5" "$6" "in/$3.npy"
    "$program" run "$1" --function "$2" --inputs in --outputs made
    python3 "$faces/files.py" raw made "$7"
    rm -r in made
}
in_place command by_command "$tokenizer" tokenize image f32 1x3x224x224 "$work/picture.raw" tokens
in_place command by_command "$decoder" detokenize tokens i64 1x14x14 "$work/command/tokens/tokens.raw" image
[ "$(stat -c %s "$work/command/tokens/tokens.raw") $(stat -c %s "$work/command/image/decoded.raw")" = "1568 602112" ]

# ---- Swift: the example that TesseraTests holds equal to the README ----
snippet swift | cmp - Examples/Sources/FromReadme/main.swift
examples=${TESSERA_EXAMPLES:+$(realpath "$TESSERA_EXAMPLES")}
if [ -z "$examples" ] && command -v swift >/dev/null; then
    flags=(-c release --package-path Examples --scratch-path .build -Xswiftc -enable-testing)
    for product in FromReadme RawTensors; do swift build "${flags[@]}" --product "$product"; done
    examples=$(swift build "${flags[@]}" --show-bin-path)
fi
if [ -n "$examples" ]; then
    generate swift "$examples/FromReadme"
    infer swift "$examples/RawTensors"
    same+=(Swift)
else
    leave_out swift "there is no swift"
fi

# ---- C ----
if [ -e "$library" ]; then
    snippet c >"$work/snippet.c"
    ln -s "$library" "$work/libtessera.so"
    ln -s "$library" "$work/libtessera.so.0"
    for source in "$work/snippet.c" "$faces/raw_tensors.c"; do
        "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror -I Sources/CTessera/include "$source" -o "$work/bin/$(basename "$source" .c)" \
            -L "$work" -ltessera -Wl,-rpath,"$work"
    done
    generate c "$work/bin/snippet"
    infer c "$work/bin/raw_tensors"
    same+=(C)
else
    leave_out c "there is no $library; 'make library' makes it"
fi

# ---- Python ----
environment=${TESSERA_PYTHON_ENV:-.build/python-env} python=
has_numpy() { "$1" -c 'import numpy' 2>/dev/null; }
for candidate in "$environment/bin/python" python3; do
    [ -n "$python" ] || ! has_numpy "$candidate" || python=$(command -v "$candidate")
done
if [ -z "$python" ] && [ -e "$library" ] && [ "${1:-}" != --offline ]; then
    if python3 -m venv "$environment" && "$environment/bin/pip" install -q --retries 1 --timeout 20 numpy; then
        python=$environment/bin/python
    fi
fi
if [ -n "$python" ] && [ -e "$library" ]; then
    python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")
    export TESSERA_LIBRARY=$library PYTHONPATH=$root/python/src
    generate python "$python" -c "$(snippet python)"
    infer python "$python" "$faces/raw_tensors.py"
    unset PYTHONPATH
    same+=(Python)
else
    leave_out python "there is no NumPy, or no $library"
fi

# ---- HTTP and gRPC ----
address() { sed -n "s/^.*listening on $1:\/\/\([^ ]*\).*$/\1/p" "$work/server.log" | head -1; }
if [ -x "$serve" ] && command -v curl >/dev/null; then
    "$serve" --port 0 --grpc-port 0 "$shapes" "$tokenizer" "$decoder" 2>"$work/server.log" &
    server=$!
    for _ in $(seq 600); do
        ! grep -q 'ready: ' "$work/server.log" 2>/dev/null && kill -0 "$server" || break
        sleep 0.1
    done
    http=$(address http) grpc=$(address grpc)
    [ -n "$http" ] || { cat "$work/server.log" >&2 && exit 1; }
    curl=$(snippet sh | grep '^curl ')
    in_place http bash -c "${curl//localhost:8080/$http} -sS --fail-with-body -o answer.json"
    # The answer has tokens, pictures and texts; the command line's tokens are .npy files.
    in_place http python3 "$faces/files.py" answer answer.json out
    in_place command python3 "$faces/files.py" raw out out
    compare http out 4
    by_server() {
        local form=$1 address=$2 model
        shift 2
        model=$(basename "$1" .safetensors)
        shift
        "$python3" "$faces/infer.py" "$form" "$address" "$model" "$@"
    }
    python3=python3
    infer http by_server json "$http"
    infer http-binary by_server binary "$http"
    same+=(HTTP)
    python3=${TESSERA_SERVER_PYTHON:-.build-server/venv/bin/python}
    [ -x "$python3" ] && python3=$(cd "$(dirname "$python3")" && pwd)/$(basename "$python3")
    if "$python3" -c 'import tritonclient.http, tritonclient.grpc' 2>/dev/null; then
        infer triton-http by_server http "$http"
        infer triton-grpc by_server grpc "$grpc"
        same+=("Triton's clients over HTTP and gRPC")
    else
        leave_out triton "there is no tritonclient[http,grpc]"
    fi
    kill "$server"
    wait "$server" || { echo "the server did not end well" >&2 && exit 1; }
    server=
else
    leave_out http "there is no curl, or no $serve, which 'make serve' makes"
fi

printf -v list '%s, ' "${same[@]}"
echo "the same bits as the command line's: ${list%, }"
[ ${#same[@]} -gt 0 ]
