#!/usr/bin/env bash
# Generates the reader of ONNX messages from Sources/COnnx/onnx.proto. Needs protobuf-c-compiler.
set -euo pipefail
cd "$(dirname "$0")/../Sources/COnnx"
protoc-c --c_out=. onnx.proto
mv onnx.pb-c.h include/
