# Two commands for people: `make demo` and `make test`. Each installs what a fresh Debian machine with Swift lacks.
# `make library` makes the C library. `make install` puts the program, its completions and manual pages, and the library with its header below
# PREFIX (default /usr/local), `make uninstall` removes them.
# Longer checks have targets of their own: `make sanitize`, `make c-check`, `make faces`, `make fuzz`, `make docs`, `make edges`, `make conformance`, `make test-avx512`, `make lint`, `make bench-peers`, `make bench-quant`, `make bench-server`, `make server-torment`.
# `make mpi` makes the command with training over many machines, `make mpi-test` tries it, `make bench-mpi` measures it.

SHELL := /bin/bash
SWIFT ?= swift
# The same flags for all builds, so that the tests reuse what the demo built.
SWIFTFLAGS = -Xswiftc -enable-testing
TESSERA = .build/release/tessera
LIBRARY = .build/library/libtessera.so

PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: demo test build library c-check faces wheel python-test serve server-tests docs install uninstall setup lint format sanitize fuzz edges conformance test-avx512 bench-peers bench-quant bench-server server-torment mpi mpi-test bench-mpi clean

demo: build
	$(TESSERA) demo --bundle Models/shapes --output demo-out

test: setup
	Scripts/test.sh

build: setup
	$(SWIFT) build -c release --product tessera $(SWIFTFLAGS)

library: setup
	Scripts/library.sh

# The tests of the C library under the sanitizers and under Valgrind, which must be installed.
c-check: library
	Scripts/c-tests.sh --sanitize
	Scripts/c-tests.sh --valgrind

# The README's lines for Swift, C, Python and HTTP: all must give the same bits. Needs python3; what is not there is left out, and said so.
faces: build library
	Scripts/faces.sh

# What `make demo` or `make build`, and `make library` have built: 'sudo make install' should not build, and leave files of root's.
install:
	@test -x $(TESSERA) || $(MAKE) build
	@test -e $(LIBRARY) || $(MAKE) library
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" Scripts/install.sh install $(TESSERA) $(LIBRARY)

uninstall:
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" Scripts/install.sh uninstall

setup:
	Scripts/setup.sh

# The Python package: a wheel in .build/wheel that was tried in a fresh environment, and its tests; both need python3 and PyPI.
wheel: setup
	Scripts/wheel.sh

python-test: build
	Scripts/python-tests.sh

# Documentation of `import Tessera`, in .build-docs/; needs python3.
docs: build
	Scripts/docc.sh

lint:
	Scripts/lint.sh

format:
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests Fuzz

# Address and undefined-behaviour sanitizers over the test suite, each in a build folder of its own.
sanitize: setup
	Scripts/sanitize.sh

# Fuzzes every parser of untrusted files for FUZZ_SECONDS each (default 600), or FUZZ_TARGET alone.
fuzz: setup
	Scripts/fuzz.sh

# Odd files, folders and environments of ../shared/edges, judged by Scripts/edges.sh; EDGES="06 07" takes some.
edges: build
	Scripts/edges.sh $(EDGES)

# The 2,033 backend tests of ONNX and the exported blocks of ../shared/onnx; needs python3 and PyPI.
conformance: build
	Scripts/onnx-conformance.sh

# The kernels of every instruction set, on an emulated CPU that has AVX-512.
test-avx512:
	Scripts/avx512.sh

# Times against PyTorch, ONNX Runtime and OpenVINO, which it installs in .build-peers: see Benchmarks/README.md. Takes hours.
bench-peers:
	Benchmarks/peers/run.sh

# Sizes, speed and accuracy of quantized models, into Benchmarks/results/quant.md; needs python3 with numpy and pillow.
bench-quant: build
	python3 Benchmarks/quant.py

clean:
	rm -rf .build .build-* demo-out

# The server, with the packages that it stands on; see Docs/server.md. `make install` installs it if it is there.
serve:
	TESSERA_SERVER=1 $(SWIFT) build -c release --product tessera-serve $(SWIFTFLAGS)

server-tests: serve
	Scripts/server-tests.sh

# The server's speed by that of the bare runtime on the same core, into Benchmarks/results/server.md; needs python3, two cores and a quiet machine.
bench-server: serve build
	python3 Benchmarks/server/run.py

# 100,000 damaged requests, bad clients, full disks, replaced models, the end under load: see Docs/server.md. TORMENT has further arguments.
server-torment: serve
	python3 Scripts/server-torment.py $(TORMENT)

# The command with training by the processes of MPI jobs (Docs/training.md); needs libopenmpi-dev and openmpi-bin.
mpi: setup
	@command -v mpirun >/dev/null && pkg-config --exists ompi || { echo "MPI is needed: apt-get install libopenmpi-dev openmpi-bin" >&2; exit 1; }
	TESSERA_MPI=1 $(SWIFT) build -c release --product tessera $(SWIFTFLAGS)
	TESSERA_MPI=1 $(SWIFT) build -c release --product MPICheck $(SWIFTFLAGS)

# Two and four processes on this machine: bits, killed and hanging ones, resumption; as root in network namespaces too.
mpi-test: mpi
	Scripts/mpi-tests.sh

# Two ranks of one thread each against one, on a quiet machine.
bench-mpi: mpi
	python3 Benchmarks/mpi/run.py
