"""What a CPU means for eight-bit products."""

from machine import cpu_info


def has_vnni():
    """Whether products of bytes are added up in 32 bits; elsewhere pairs are added in 16, which overflow with weights of full range."""
    return bool({"avx512_vnni", "avx_vnni"} & set(cpu_info("flags").split()))
