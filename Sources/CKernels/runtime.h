/// The OpenMP runtime: a shared library that is loaded when the first team is needed, and of which kernels use plain C
/// functions alone, so that no compiler flag and no link depends on it.
#ifndef TK_RUNTIME_H
#define TK_RUNTIME_H

struct tk_runtime {
    /// Calls `body` with `data` on a team of up to `threads` threads, the calling one among them.
    void (*parallel)(void (*body)(void *), void *data, unsigned threads, unsigned flags);
    /// Number of the calling thread in its team, and how many that has.
    int (*thread)(void), (*threads)(void);
    /// Milliseconds that idle threads of the calling thread's teams spin; NULL where the runtime cannot say.
    void (*set_spin)(int milliseconds);
};

/// The runtime, loaded by the first call; NULL where there is none, or none can start, of which a notice tells.
const struct tk_runtime *tk_runtime(void);

#endif
