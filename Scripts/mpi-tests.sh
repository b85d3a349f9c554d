#!/usr/bin/env bash
# Processes that train together, under mpirun on this machine: the messages and sums by themselves, then trainings by the command. `make mpi` builds
# both. Arguments: the command and the program MPICheck, if they lie elsewhere. As root it also joins network namespaces, which stand for machines.
set -euo pipefail
cd "$(dirname "$0")/.."
tessera=$(realpath "${1:-.build/release/tessera}")
check=$(realpath "${2:-.build/release/MPICheck}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
run=(mpirun --oversubscribe)
[ "$(id -u)" != 0 ] || run+=(--allow-run-as-root)
fail() { echo "mpi-tests: $1" >&2; exit 1; }
passed() { echo "ok: $1"; }
# Standard output and error of a job that is to fail, in $place/said; in how many seconds it ended, in $seconds.
failing() {
    local start=$SECONDS code=0
    "$@" > "$place/said" 2>&1 || code=$?
    seconds=$((SECONDS - start))
    [ $code != 0 ] || { cat "$place/said" >&2; fail "this should fail: $*"; }
}
says() { grep -q -- "$1" "$place/said" || { cat "$place/said" >&2; fail "no word of '$1'"; }; }

for size in 2 4; do
    first=$("${run[@]}" -n $size "$check")
    [ "$first" = "$("${run[@]}" -n $size "$check")" ] || fail "$size ranks give other sums at another run"
    [ "$first" = "$("${run[@]}" --mca btl self,tcp -n $size "$check")" ] || fail "$size ranks give other sums over TCP"
    trained=$("${run[@]}" -n $size "$check" train)
    [ "$trained" = "$("${run[@]}" --mca btl self,tcp -n $size "$check" train)" ] || fail "$size ranks train otherwise over TCP"
    passed "$first; $trained, each time, over memory and TCP"
done
failing "${run[@]}" -n 3 "$check" hang 2
says "rank 2 on .* has been silent for"
passed "a process that hangs is named, after $seconds s"

if [ "$(id -u)" = 0 ] && ip netns list > /dev/null 2>&1; then
    for size in 2 4; do
        apart=$(Scripts/mpi-namespaces.sh $size "$check" train)
        [ "$apart" = "$("${run[@]}" -n $size "$check" train)" ] || fail "$size machines train otherwise: $apart"
        passed "$apart, on $size machines that are network namespaces"
    done
fi
[ -x "$tessera" ] || { echo "$tessera is missing: 'make mpi' builds it" >&2; exit 1; }

# A model and data, and its training by one process.
cat > "$place/mlp.ir" << 'END'
module @mlp stage(imported) {
  weights "mlp.ir.safetensors"
  const @a.weight : f32[64, 8]
  const @a.bias : f32[64]
  const @b.weight : f32[4, 64]
  func @main(%x: f32[n, 8]) -> (y: f32[n, 4]) {
    %0 = linear(%x, @a.weight, @a.bias) : f32[n, 64] "a"
    %1 = tanh(%0) : f32[n, 64] "hidden"
    %2 = linear(%1, @b.weight) : f32[n, 4] "b"
    return %2
  }
}
END
python3 Scripts/mpi-data.py "$place"
train() { # output, samples of a batch in each process, further arguments
    local output=$1 batch=$2
    shift 2
    echo "$tessera" train graph "$place/mlp.ir" --loss 'mse(y,target)' --data "$place/data" --lr 0.01 --steps 40 --checkpoint-every 10 \
        --threads 1 --batch "$batch" -o "$place/$output" "$@"
}
weights() { sha256sum < "$place/$1/model/mlp.ir.safetensors"; }
$(train one 8) > /dev/null 2>&1
"${run[@]}" -n 2 $(train two 4) > /dev/null 2>&1
"${run[@]}" -n 2 $(train again 4) > /dev/null 2>&1
"${run[@]}" -n 4 $(train four 2) > /dev/null 2>&1
[ "$(weights two)" = "$(weights again)" ] || fail "2 ranks trained otherwise at another run"
python3 Scripts/mpi-data.py --compare "$place"/{one,two,four}/model/mlp.ir.safetensors || fail "weights depend on the number of ranks"
passed "1 × 8, 2 × 4 and 4 × 2 samples give the same weights, but for rounding; 2 ranks the same bits again"

# One of two is killed in the middle; then the run goes on, also in one process and in four.
"${run[@]}" -n 2 $(train killed 4 --steps 4000000 --checkpoint-every 100) > "$place/said" 2>&1 &
job=$!
for ((i = 0; i < 300; i++)); do
    [ -z "$(ls "$place/killed/checkpoints" 2> /dev/null)" ] || break
    sleep 0.1
done
start=$SECONDS
pid=$(pgrep -P $job | tail -1)
kill -9 "$pid"
code=0
wait $job || code=$?
[ $code != 0 ] && [ $((SECONDS - start)) -le 10 ] || fail "the job went on for $((SECONDS - start)) s after a process was killed (code $code)"
says "rank . .* exited on signal 9"
says "--resume goes on from .*/killed/checkpoints/step-"
passed "a killed process ends the job in $((SECONDS - start)) s: $(grep -o 'process rank . .*signal 9.*' "$place/said")"

"${run[@]}" -n 2 $(train part 4 --steps 20) > /dev/null 2>&1
cp -r "$place/part" "$place/part-one"
"${run[@]}" -n 2 $(train part 4 --resume) > /dev/null 2>&1
[ "$(weights part)" = "$(weights two)" ] || fail "2 ranks that resume end elsewhere"
$(train part-one 8 --resume) > /dev/null 2>&1
python3 Scripts/mpi-data.py --compare "$place"/{two,part-one}/model/mlp.ir.safetensors || fail "1 rank that goes on with 2 ranks' training ends elsewhere"
passed "--resume goes on with 2 ranks, the same bits, and with 1"
failing "${run[@]}" -n 2 $(train part-one 8 --resume --steps 80)
says "samples of an update 8, not 16"
passed "other samples of an update are refused"

sed 's/64/63/g' "$place/mlp.ir" > "$place/other.ir"
mkdir "$place/other" && cp "$place/other.ir" "$place/other/mlp.ir" && cp "$place/other.weights" "$place/other/mlp.ir.safetensors"
other=$(train odd 4)
failing "${run[@]}" -n 1 $(train odd 4) : -n 1 ${other/$place\/mlp.ir/$place/other/mlp.ir}
says "the functions of rank 1 .* differ from those of rank 0"
passed "a process with another model is refused"
failing "${run[@]}" -n 2 $(train odd 4 --accumulate 3)
says "give a multiple of it"
passed "checkpoints within an update are refused"
