#!/usr/bin/env bash
# Holds a server to its own description, /openapi.json: openapi-tests.sh [URL [EXAMPLES]].
# Requests that the description allows, and ones that it does not, are made up by schemathesis (PyPI), which looks at statuses, types and
# bodies of the answers. Without a URL a server of one small model is started, which has no pipeline: /v1/generate then reads the whole of a
# request and answers 404. What changes the server (load, unload, logging, shared memory) is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
url=${1:-} examples=${2:-40}
command -v schemathesis >/dev/null || {
    echo "schemathesis is missing: pip install schemathesis" >&2
    exit 2
}
if [ -z "$url" ]; then
    log=$(mktemp)
    .build/release/tessera-serve --port 0 encoder=Models/onnx-encoder/model.onnx 2>"$log" &
    server=$!
    trap 'kill "$server"; rm -f "$log"' EXIT
    for _ in $(seq 100); do
        grep -q 'ready:' "$log" && break
        sleep 0.2
    done
    url=$(sed -n 's/^.*listening on \(http:[^ ]*\).*$/\1/p' "$log" | head -1)
fi
# 500 is no answer that the description knows; 501 and 503 are.
checks=status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
schemathesis run "$url/openapi.json" --url "$url" --checks "$checks" --max-examples "$examples" --seed 1 --request-timeout 120 \
    --exclude-path-regex '/(un)?load$|/logging$|/(un)?register$|/openapi.json$'
