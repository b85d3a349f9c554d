#!/usr/bin/env bash
# Triton's clients for HTTP and gRPC, damaged requests, bad clients, and what services ask for, against tessera-serve (`make serve`). Arguments: the
# program, then those of server-http-tests.py, `--fuzz N` for one. Needs python3 and, the first time, PyPI; the environment stays in .build-server.
set -euo pipefail
cd "$(dirname "$0")/.."
program=.build/release/tessera-serve
if [[ $# -gt 0 && $1 != -* ]]; then
    program=$1
    shift
fi
[ -x "$program" ] || { echo "$program is missing; make serve builds it" >&2; exit 1; }
python=${TESSERA_SERVER_PYTHON:-.build-server/venv/bin/python}
if ! "$python" -c 'import tritonclient.http, tritonclient.grpc' 2> /dev/null; then
    python3 -m venv .build-server/venv
    python=.build-server/venv/bin/python
    "$python" -m pip -q install 'tritonclient[http,grpc]==2.73.0' numpy
fi
"$python" Scripts/server-http-tests.py "$program" "$@"
"$python" Scripts/server-grpc-tests.py "$program"
"$python" -W ignore::DeprecationWarning Scripts/server-tls-tests.py "$program"
# The command becomes the server, where both are built.
command=$(dirname "$program")/tessera
[ -x "$command" ] || command=""
python3 Scripts/server-service-tests.py "$program" ${command:+"$command"}
