// Tiles for x86-64 with AVX-512 F, BW, VL, DQ, VNNI and BF16, and tiles of AMX for 8-bit and bf16 products.
#if defined(__x86_64__)

#include "half.h"
#include "isa.h"
#include <immintrin.h>
#include <math.h>

#define TK_W 16
#define TK_FMA 1
#define TK_VNNI 1
#define TK_BF16 1
#define TK_AMX 1
#define TK_TABLE tk_table_amx
#define TK_TABLE_NAME "amx"
#pragma clang attribute push(                                                                                            \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c,avx512vnni,avx512bf16,amx-tile,amx-int8,amx-bf16"))), \
    apply_to = function)
#include "families/all.inc"
#pragma clang attribute pop

#endif
