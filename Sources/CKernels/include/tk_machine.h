/// The machine, threads, and the kernel table. Included by CKernels.h.
#ifndef TESSERA_TK_MACHINE_H
#define TESSERA_TK_MACHINE_H

#ifndef TESSERA_CKERNELS_H
#error "include CKernels.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction set levels that tiles are compiled for.
enum {
    TK_ISA_GENERIC = 0,
    TK_ISA_AVX2,
    /// AVX2 and AVX-VNNI.
    TK_ISA_AVXVNNI,
    /// AVX-512 F, BW, VL, DQ; then with VNNI; then with VNNI and BF16.
    TK_ISA_AVX512,
    TK_ISA_AVX512VNNI,
    TK_ISA_AVX512BF16,
    /// AVX512BF16 and AMX: tile, int8, bf16.
    TK_ISA_AMX,
};

/// Bits of `tk_cpu_features`.
enum {
    TK_CPU_AVX2 = 1 << 0, TK_CPU_FMA = 1 << 1, TK_CPU_F16C = 1 << 2,
    TK_CPU_AVX512F = 1 << 3, TK_CPU_AVX512BW = 1 << 4, TK_CPU_AVX512VL = 1 << 5, TK_CPU_AVX512DQ = 1 << 6,
    TK_CPU_AVX512VNNI = 1 << 7, TK_CPU_AVX512BF16 = 1 << 8, TK_CPU_AVXVNNI = 1 << 9,
    TK_CPU_AMX_TILE = 1 << 10, TK_CPU_AMX_INT8 = 1 << 11, TK_CPU_AMX_BF16 = 1 << 12,
};

/// What the CPU has and the operating system saves, as `TK_CPU_*` bits (cpuid and xgetbv; 0 off x86-64).
uint32_t tk_cpu_features(void);

/// Whether this process can run tiles of `level`, for which Linux may have to be asked (AMX). A machine may lack a level
/// below its best (AVX-VNNI below AVX-512).
int tk_can_run(int level);

/// Best `TK_ISA_*` level this machine can run.
int tk_best_isa(void);

/// Makes tiles run at `level` or the best level below it that the machine has; returns the level now active.
/// Not to be called while kernels run.
int tk_select_isa(int level);

/// The `TK_ISA_*` level that tiles run at; the best one until `tk_select_isa` says otherwise.
int tk_active_isa(void);

/// "generic", "avx2", "avxvnni", "avx512", "avx512vnni", "avx512bf16" or "amx"; NULL for an unknown level.
const char *tk_isa_name(int level);

/// Limits the kernels that the calling thread calls to `n` threads, at most 1024; n < 1 restores the default. Returns the limit
/// before, 0 for none, so that it can be set again.
int tk_use_threads(int n);

/// The limit of threads that set none; n < 1 restores what the process is granted: the processors of its affinity mask or
/// OMP_NUM_THREADS, within the quotas of its control groups.
void tk_set_default_threads(int n);

/// Threads that kernels called by this thread may use; the argument that `_scratch` companions expect.
int tk_max_threads(void);

/// Loads the OpenMP runtime if more than one thread is to be used, and returns how many of them can be had.
int tk_prepare_threads(void);

/// Writes what the environment keeps from being as asked for (a variable without sense, no OpenMP runtime, no more threads) as
/// a text that ends in 0, cut to `size` bytes; returns the length of the whole, 0 if all is well so far.
size_t tk_environment_notice(char *text, size_t size);

/// Processors that the quotas of the control groups named in `groups` (/proc/self/cgroup) come to, rounded up, under the mount
/// point `root` (/sys/fs/cgroup); 0 without one. A group's parents limit it too.
int tk_quota(const char *groups, const char *root);

/// Opens one parallel region and returns how many threads really ran in it.
int tk_count_team(void);

/// How long idle workers spin before they sleep, in milliseconds (libomp's block time); 1 at first. KMP_BLOCKTIME and
/// OMP_WAIT_POLICY in the environment win.
void tk_set_spin(int milliseconds);

/// One line of `kernels.def`.
typedef struct tk_kernel_info {
    /// Kernel name, for instance "unary.exp".
    const char *name;
    /// Operators it serves, separated by spaces.
    const char *operators;
    /// Element types, separated by spaces.
    const char *dtypes;
    /// "exact" (same bits on every instruction set) or "close" (bound in `bound`).
    const char *promise;
    /// Error bound for "close" kernels, for instance "2 ulp"; "" for exact ones.
    const char *bound;
    /// Where the work happens: "vector" (one tile per instruction set), "blas", or "scalar" (plain C).
    const char *tile;
} tk_kernel_info;

/// Number of lines in the kernel table.
tk_int tk_kernel_count(void);

/// Line `i` of the kernel table; all fields NULL when `i` is out of range. Strings are static.
tk_kernel_info tk_kernel_at(tk_int i);

#ifdef __cplusplus
}
#endif

#endif
