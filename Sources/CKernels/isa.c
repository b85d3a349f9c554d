// Finds the CPU's features and chooses the table of tiles.
#define _GNU_SOURCE
#include "isa.h"

#include <stdatomic.h>

enum { LAST_LEVEL = TK_ISA_AMX };

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Register state the operating system saves (XCR0).
static uint64_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static uint32_t bit(uint32_t word, int position, uint32_t flag) { return (word >> position & 1) ? flag : 0; }

uint32_t tk_cpu_features(void) {
    enum { YMM = 0x6, ZMM = 0xe6, TILES = 0x60000 };
    uint32_t a, b, c, d, features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !bit(c, 27, 1)) return 0;
    uint64_t state = saved_state();
    if ((state & YMM) != YMM) return 0;
    features |= bit(c, 12, TK_CPU_FMA) | bit(c, 29, TK_CPU_F16C);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
    features |= bit(b, 5, TK_CPU_AVX2);
    if ((state & ZMM) == ZMM) {
        features |= bit(b, 16, TK_CPU_AVX512F) | bit(b, 30, TK_CPU_AVX512BW) | bit(b, 31, TK_CPU_AVX512VL);
        features |= bit(b, 17, TK_CPU_AVX512DQ) | bit(c, 11, TK_CPU_AVX512VNNI);
    }
    if ((state & TILES) == TILES) features |= bit(d, 24, TK_CPU_AMX_TILE) | bit(d, 25, TK_CPU_AMX_INT8) | bit(d, 22, TK_CPU_AMX_BF16);
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d)) return features;
    features |= bit(a, 4, TK_CPU_AVXVNNI);
    if (features & TK_CPU_AVX512F) features |= bit(a, 5, TK_CPU_AVX512BF16);
    return features;
}

/// Levels in their order, and the features each needs.
static const struct tk_isa_table *const tables[] = {
    &tk_table_generic, &tk_table_avx2,       &tk_table_avxvnni,
    &tk_table_avx512,  &tk_table_avx512vnni, &tk_table_avx512bf16,
    &tk_table_amx,
};

enum {
    NEEDS_AVX2 = TK_CPU_AVX2 | TK_CPU_FMA | TK_CPU_F16C,
    NEEDS_AVX512 = NEEDS_AVX2 | TK_CPU_AVX512F | TK_CPU_AVX512BW | TK_CPU_AVX512VL | TK_CPU_AVX512DQ,
    NEEDS_AVX512BF16 = NEEDS_AVX512 | TK_CPU_AVX512VNNI | TK_CPU_AVX512BF16,
};

static const uint32_t needs[] = {
    0,
    NEEDS_AVX2,
    NEEDS_AVX2 | TK_CPU_AVXVNNI,
    NEEDS_AVX512,
    NEEDS_AVX512 | TK_CPU_AVX512VNNI,
    NEEDS_AVX512BF16,
    NEEDS_AVX512BF16 | TK_CPU_AMX_TILE | TK_CPU_AMX_INT8 | TK_CPU_AMX_BF16,
};

/// Whether Linux lets this process use tiles: it keeps their 8 KB for processes that have asked. It refuses where a thread's
/// signal stack has no room for them, and later refuses such stacks.
static int may_use_tiles(void) {
#if defined(__linux__)
    enum { REQUEST_STATE = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_STATE, TILE_DATA) == 0;
#else
    return 0;
#endif
}

static int has_features(int level) { return (tk_cpu_features() & needs[level]) == needs[level]; }

int tk_can_run(int level) {
    if (level < TK_ISA_GENERIC || level > LAST_LEVEL || !has_features(level)) return 0;
    return level < TK_ISA_AMX || may_use_tiles();
}

#else

uint32_t tk_cpu_features(void) { return 0; }

static const struct tk_isa_table *const tables[] = {&tk_table_generic};

int tk_can_run(int level) { return level == TK_ISA_GENERIC; }

#endif

int tk_best_isa(void) {
    int level = LAST_LEVEL;
    while (!tk_can_run(level)) level--;
    return level;
}

/// Active level, or -1 before the first use.
static _Atomic int active = -1;

int tk_select_isa(int level) {
    int chosen = level > LAST_LEVEL ? LAST_LEVEL : level < TK_ISA_GENERIC ? TK_ISA_GENERIC : level;
    while (!tk_can_run(chosen)) chosen--;
    atomic_store(&active, chosen);
    return chosen;
}

int tk_active_isa(void) {
    int level = atomic_load_explicit(&active, memory_order_relaxed);
    return level < 0 ? tk_select_isa(LAST_LEVEL) : level;
}

const struct tk_isa_table *tk_isa_at(int level) {
    int last = (int)(sizeof tables / sizeof tables[0]) - 1;
    return tables[level < 0 ? 0 : level > last ? last : level];
}

const struct tk_isa_table *tk_isa(void) { return tk_isa_at(tk_active_isa()); }

const char *tk_isa_name(int level) {
    static const char *const names[] = {"generic", "avx2", "avxvnni", "avx512", "avx512vnni", "avx512bf16", "amx"};
    return level < 0 || level > LAST_LEVEL ? NULL : names[level];
}
