/// Walks several strided operands over one shape, row by row.
#ifndef TK_WALK_H
#define TK_WALK_H

#include "../threads.h"

enum { TK_MAX_OPERANDS = 4 };

/// Dimensions merged where every operand allows; `rank` is at least 1, the last dimension is the row.
struct tk_walk {
    int rank, operands;
    tk_int shape[TK_MAX_RANK];
    tk_int stride[TK_MAX_OPERANDS][TK_MAX_RANK];
};

/// Handles n elements of one row, whose first elements lie at `offset` in each operand.
typedef void (*tk_row_body)(const struct tk_walk *walk, const void *context, const tk_int *offset, tk_int n);

/// Prepares a walk over `shape`. A NULL stride array means dense row-major.
tk_status tk_walk_init(struct tk_walk *walk, int rank, const tk_int *shape, int operands, const tk_int *const *strides);

/// Elements in all, 0 when some dimension is empty.
tk_int tk_walk_count(const struct tk_walk *walk);

/// Runs `body` over all rows in blocks of fixed size; `cost` is nanoseconds per thousand elements, roughly.
void tk_walk_run(const struct tk_walk *walk, tk_int cost, tk_row_body body, const void *context);

#endif
