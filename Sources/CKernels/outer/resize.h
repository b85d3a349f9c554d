/// Checks of resampling tables.
#ifndef TK_RESIZE_H
#define TK_RESIZE_H

#include "CKernels.h"

/// Whether all n indices lie in [0, limit).
static inline int tk_all_within(const int32_t *index, tk_int n, tk_int limit) {
    for (tk_int i = 0; i < n; i++) {
        if (index[i] < 0 || index[i] >= limit) return 0;
    }
    return 1;
}

#endif
