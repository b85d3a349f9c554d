#!/usr/bin/env bash
# Writes Sources/InferenceRPC/Generated anew from open_inference.proto. Wanted in PATH: protoc 3.21.12, protoc-gen-swift 1.39.0 (swift-protobuf)
# and protoc-gen-grpc-swift-2 2.4.1 (grpc-swift-protobuf); PLUGINS=FOLDER says where else the two plugins are.
set -euo pipefail
cd "$(dirname "$0")/../Sources/InferenceRPC"
if [[ -n ${PLUGINS:-} ]]; then PATH=$PLUGINS:$PATH; fi
for tool in protoc protoc-gen-swift protoc-gen-grpc-swift-2; do
    command -v "$tool" > /dev/null || { echo "$0: there is no $tool; build it, and say where by PLUGINS=FOLDER" >&2; exit 1; }
done
rm -rf Generated
mkdir Generated
protoc --swift_out=Generated --swift_opt=Visibility=Package \
    --grpc-swift-2_out=Generated --grpc-swift-2_opt=Visibility=Package,Client=false open_inference.proto
ls -l Generated
