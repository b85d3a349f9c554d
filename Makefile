# Two commands for people: `make demo` and `make test`. Each installs what a fresh Debian machine with Swift lacks.
# Longer checks have targets of their own: `make sanitize`, `make lint`.

SHELL := /bin/bash
SWIFT ?= swift
# The same flags for all builds, so that the tests reuse what the demo built.
SWIFTFLAGS = -Xswiftc -enable-testing
TESSERA = .build/release/tessera

.PHONY: demo test build setup lint format sanitize clean

demo: build
	$(TESSERA) demo --bundle Models/shapes --output demo-out

test: setup
	Scripts/test.sh

build: setup
	$(SWIFT) build -c release --product tessera $(SWIFTFLAGS)

setup:
	Scripts/setup.sh

lint:
	Scripts/lint.sh

format:
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests

# Address and undefined-behaviour sanitizers over the test suite, each in a build folder of its own.
sanitize: setup
	Scripts/sanitize.sh

clean:
	rm -rf .build .build-* demo-out
