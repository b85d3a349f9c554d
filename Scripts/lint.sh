#!/usr/bin/env bash
# Formatting rules of .swift-format; any finding fails.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz
