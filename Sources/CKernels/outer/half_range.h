/// What weights of 8 bits have beyond half range (`tk_is_half_range`), where that is little.
///
/// Without VNNI the products of four weights meet in 16 bits. Where weights of one sign would add up to more than TK_HALF_RANGE_SUM, the
/// largest are reduced; what they lose is a rest, whose products are added afterwards. Weights that were scaled by the largest of a whole
/// matrix, as is usual, have a rest in one of thousands.
#ifndef TK_HALF_RANGE_H
#define TK_HALF_RANGE_H

#include "../isa.h"

enum {
    /// Columns whose rests stand together: those of a task.
    TK_REST_COLUMNS = 64,
    /// Of so many weights one may have a rest. A rest takes a row as long as 50 weights, and the faster product saves a third of them.
    TK_REST_SHARE = 128,
};

struct tk_rest {
    uint16_t input;
    uint8_t column;
    int8_t weight;
};

/// Where the rests of each block of columns begin, u32 [blocks + 1]; then the rests.
struct tk_rests {
    uint32_t first[1];
};

/// Bytes for the rests of a weight [n, k], as many as there may be.
size_t tk_rests_bytes(tk_int n, tk_int k);

/// Fills `rests`; TK_UNSUPPORTED if there are too many.
tk_status tk_find_rests(const int8_t *weight, tk_int ldw, tk_int n, tk_int k, struct tk_rests *rests);

/// Non-zero if rests that come from elsewhere, as bytes of a file, name inputs and columns of a weight [n, k] alone.
int tk_rests_are_sound(const struct tk_rests *rests, tk_int n, tk_int k);

/// Those of a packed weight.
const struct tk_rests *tk_rests_of(tk_packed_layout layout, const void *packed, tk_int n, tk_int k);

/// Those of a block of columns of a weight with `n`.
static inline const struct tk_rest *tk_rests_in(const struct tk_rests *rests, tk_int n, tk_int block, tk_int *count) {
    tk_int blocks = (n + TK_REST_COLUMNS - 1) / TK_REST_COLUMNS;
    *count = (tk_int)rests->first[block + 1] - (tk_int)rests->first[block];
    return (const struct tk_rest *)(rests->first + blocks + 1) + rests->first[block];
}

#endif
