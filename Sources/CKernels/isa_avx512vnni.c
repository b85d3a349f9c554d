// Tiles for x86-64 with AVX-512 F, BW, VL, DQ and VNNI.
#if defined(__x86_64__)

#include "half.h"
#include "isa.h"
#include <immintrin.h>
#include <math.h>

#define TK_W 16
#define TK_FMA 1
#define TK_VNNI 1
#define TK_BF16 0
#define TK_AMX 0
#define TK_TABLE tk_table_avx512vnni
#define TK_TABLE_NAME "avx512vnni"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c,avx512vnni"))), \
                             apply_to = function)
#include "families/all.inc"
#pragma clang attribute pop

#endif
