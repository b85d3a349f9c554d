/// Reading and checking index tensors.
#ifndef TK_INDEX_H
#define TK_INDEX_H

#include "../threads.h"

/// Index i of an array of `type`; types other than the supported ones read as -1.
static inline int64_t tk_index_at(tk_dtype type, const void *index, tk_int i) {
    switch (type) {
    case TK_I64: return ((const int64_t *)index)[i];
    // Beyond 2^63 negative, and so refused.
    case TK_U64: return (int64_t)((const uint64_t *)index)[i];
    case TK_I32: return ((const int32_t *)index)[i];
    case TK_U32: return ((const uint32_t *)index)[i];
    case TK_I16: return ((const int16_t *)index)[i];
    case TK_U16: return ((const uint16_t *)index)[i];
    case TK_I8: return ((const int8_t *)index)[i];
    case TK_U8: return ((const uint8_t *)index)[i];
    default: return -1;
    }
}

/// TK_OK if all n indices lie in [0, limit); else the first bad position goes to `bad`.
tk_status tk_check_indices(tk_dtype type, const void *index, tk_int n, tk_int limit, tk_int *bad);

#endif
