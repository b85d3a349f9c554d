/// What surrounds the process, looked at before an OpenMP runtime is loaded: variables, processors, quotas, limits.
#ifndef TK_ENVIRONMENT_H
#define TK_ENVIRONMENT_H

#include "CKernels.h"

/// Most threads that kernels run on, whatever is asked for.
enum { TK_MOST_THREADS = 1024 };

/// Threads that the process may well use: OMP_NUM_THREADS if that is a number above 0, else the processors of its affinity
/// mask; within OMP_THREAD_LIMIT, the quotas of its control groups and `TK_MOST_THREADS`. At least 1. Found out once.
int tk_granted_threads(void);

/// The environment for a runtime: `inherited` without the variables that OpenMP runtimes read, of which only those stay that
/// kernels have a use for and whose values are known to be sound. Never freed; its strings are those of `inherited`. NULL
/// without memory.
char **tk_runtime_environment(char **inherited);

/// Whether the environment says how long idle threads spin.
int tk_environment_sets_spin(void);

/// Whether as many more files can be opened.
int tk_can_open_files(int count);

/// Whether /dev/shm takes a page: libomp registers itself there, and ends the process where it cannot.
int tk_can_share_memory(void);

/// How many of `wanted` threads, the calling one included, can be had now. Tries it, as limits of users, control groups and
/// memory show in no other way; runtimes end the process when a thread cannot be made.
int tk_available_threads(int wanted);

/// Adds a sentence to what `tk_environment_notice` tells, once.
void tk_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
