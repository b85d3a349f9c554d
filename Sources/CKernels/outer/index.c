#include "index.h"

tk_status tk_check_indices(tk_dtype type, const void *index, tk_int n, tk_int limit, tk_int *bad) {
    if (type < TK_I8 || type > TK_U64) return TK_UNSUPPORTED;
    for (tk_int i = 0; i < n; i++) {
        int64_t at = tk_index_at(type, index, i);
        if (at >= 0 && at < limit) continue;
        if (bad) *bad = i;
        return TK_INDEX_OUT_OF_RANGE;
    }
    return TK_OK;
}
