// Tiles for x86-64 with AVX2, FMA, F16C and AVX-VNNI.
#if defined(__x86_64__)

#include "half.h"
#include "isa.h"
#include <immintrin.h>
#include <math.h>

#define TK_W 8
#define TK_FMA 1
#define TK_VNNI 1
#define TK_BF16 0
#define TK_AMX 0
#define TK_TABLE tk_table_avxvnni
#define TK_TABLE_NAME "avxvnni"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), \
                             apply_to = function)
#include "families/all.inc"
#pragma clang attribute pop

#endif
