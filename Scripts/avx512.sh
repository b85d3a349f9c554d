#!/usr/bin/env bash
# Checks the kernels of every instruction set against the generic ones on an emulated CPU, as few machines have AVX-512.
#
#   Scripts/avx512.sh [--cpu MODEL] [--require LEVEL]    in Bochs; MODEL is one of `.build-avx512/bochs/bochs --help cpu`
#   Scripts/avx512.sh --native [--require LEVEL]         on this machine's CPU, as far as that goes; LEVEL may be amx
#
# Bochs is built once from Debian's source package (some minutes), as Debian 12 has 2.7, which lacks BF16.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/.build-avx512
model=sapphire_rapids
level=
native=
while [ $# -gt 0 ]; do
    case $1 in
    --cpu) model=$2; shift 2 ;;
    --require) level=$2; shift 2 ;;
    --native) native=1; shift ;;
    *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

install_packages() {
    local packages=(bochsbios cpio g++ grub-pc-bin make mtools vgabios xorriso xz-utils) missing=() as_root=()
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# As a release build compiles them, but on one thread: a static program loads no OpenMP runtime.
build_check() {
    clang -std=gnu17 -O2 -static -I Sources/CKernels/include \
        $(find Sources/CKernels Tests/KernelCheck -name '*.c' ! -path Sources/CKernels/runtime.c) -o "$build/kernel-check" -lm
}

build_bochs() {
    [ ! -x "$build/bochs/bochs" ] || return 0
    # From the mirror that this machine's apt uses; a later release has Debian's package of this version.
    local site url
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -1)
    url=${site%/}/pool/main/b/bochs/bochs_3.0+dfsg.orig.tar.xz
    local sum=78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b
    echo "building Bochs"
    /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "$url" "$build/bochs.tar.xz" "SHA256:$sum"
    rm -rf "$build/bochs"
    mkdir "$build/bochs"
    tar -xf "$build/bochs.tar.xz" -C "$build/bochs" --strip-components=1
    # VCVTNE2PS2BF16 reads its upper half from behind the register.
    sed -i 's/bfloat16(op1.vmm32u(n))/bfloat16(op1.vmm32u(n - DWORD_ELEMENTS(len)))/' "$build/bochs/cpu/avx/avx512_bf16.cc"
    # VDPBF16PS counts displacements of vectors in single elements; VPDPBUSD, of the same kind, has it right.
    sed -i '/"vdpbf16ps"/s/OP_mVdq32/OP_mVdq/' "$build/bochs/cpu/decoder/ia_opcodes_evex.def"
    (
        cd "$build/bochs"
        CFLAGS=-O2 CXXFLAGS="-O2 -w" ./configure --with-nogui --enable-x86-64 --enable-cpu-level=6 --enable-avx --enable-evex \
            --enable-all-optimizations --disable-docbook
        nice make -j"$(nproc)"
    ) >"$build/bochs.log" 2>&1 || { tail "$build/bochs.log" >&2; exit 1; }
}

# Debian's kernel for virtual machines, unpacked and not installed.
unpack_kernel() {
    [ ! -f "$build/vmlinuz" ] || return 0
    local package
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
    rm -rf "$build/kernel"
    mkdir "$build/kernel"
    (cd "$build/kernel" && apt-get download -qq -o APT::Sandbox::User=root "$package")
    dpkg -x "$build/kernel/$package"_*.deb "$build/kernel"
    mv "$build"/kernel/boot/vmlinuz-* "$build/vmlinuz"
    rm -rf "$build/kernel"
}

# A disk whose first process is the check. Bochs says that fast string operations are off, upon which Linux forgets ERMS
# but not FSRM, and its memmove then breaks. Bochs cannot resume from the SMI that switches ACPI on. Linux restarts by a
# triple fault, which ends Bochs.
build_disk() {
    local disk=$build/disk
    rm -rf "$disk"
    mkdir -p "$disk/boot/grub"
    cp "$build/vmlinuz" "$disk/boot/vmlinuz"
    cp "$build/kernel-check" "$build/init"
    (cd "$build" && echo init | cpio -o -H newc --quiet) >"$disk/boot/initrd"
    cat >"$disk/boot/grub/grub.cfg" <<END
set timeout=0
linux /boot/vmlinuz console=ttyS0,115200 quiet loglevel=0 clearcpuid=fsrm acpi=off reboot=t panic=-1 -- --reboot --require ${level:-avx512bf16}
initrd /boot/initrd
boot
END
    grub-mkrescue -o "$build/disk.iso" "$disk" --install-modules="linux normal iso9660 biosdisk" 2>"$build/disk.log" ||
        { cat "$build/disk.log" >&2; exit 1; }
}

run_bochs() {
    local known
    known=$("$build/bochs/bochs" --help cpu 2>&1 || true)
    grep -qx "$model" <<<"$known" || { echo "Bochs knows no CPU $model" >&2; exit 2; }
    cat >"$build/bochsrc" <<END
cpu: model=$model, ips=80000000, reset_on_triple_fault=0
megs: 512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$build/disk.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$build/serial.log
display_library: nogui
clock: sync=none
log: $build/emulator.log
panic: action=fatal
error: action=ignore
END
    echo "running on an emulated $model"
    : >"$build/serial.log"
    # Bochs ends with an error even when all is well.
    timeout 900 "$build/bochs/bochs" -q -f "$build/bochsrc" </dev/null >"$build/emulator.out" 2>&1 || true
}

mkdir -p "$build"
if [ "$native" ]; then
    build_check
    exec "$build/kernel-check" --require "${level:-avx2}"
fi
install_packages
build_bochs
unpack_kernel
build_check
build_disk
run_bochs
tr -d '\r' <"$build/serial.log"
grep -qE '^(PASS|FAIL)' "$build/serial.log" || { tail -n 20 "$build/emulator.out" >&2; exit 1; }
grep -q '^PASS' "$build/serial.log"
