// Several elementwise operators over one block of elements after the other, so that what one writes the next finds in cache.
#include "../isa.h"
#include "../threads.h"

/// Elements of a block: a few operands of them fit into a 32 KB first-level cache.
enum { TK_STAGE_BLOCK = 2048 };

struct stages_call {
    const struct tk_isa_table *isa;
    const tk_stage *stages;
    int count;
    tk_int rows, columns;
    /// Rows of a block, and columns; one of the two is cut.
    tk_int block_rows, block_columns;
    /// Blocks next to each other.
    tk_int across;
};

static int is_single(tk_operand kind) { return kind == TK_OPERAND_SCALAR || kind == TK_OPERAND_COLUMN; }

/// Whether rows need not be told apart.
static int is_flat(const tk_stage *s) {
    return (s->a_kind == TK_OPERAND_DENSE || s->a_kind == TK_OPERAND_SCALAR) &&
           (!s->b || s->b_kind == TK_OPERAND_DENSE || s->b_kind == TK_OPERAND_SCALAR);
}

/// The place of a block, and what it keeps.
struct block {
    tk_int row, column;
    float *slots;
};

static float *slot_at(const struct block *block, int slot, tk_int row, tk_int columns) {
    return block->slots + (slot - 1) * TK_STAGE_BLOCK + (row - block->row) * columns;
}

static const float *operand_at(const float *x, tk_operand kind, tk_int row, tk_int column, tk_int columns) {
    switch (kind) {
    case TK_OPERAND_DENSE: return x + row * columns + column;
    case TK_OPERAND_ROW: return x + column;
    case TK_OPERAND_COLUMN: return x + row;
    default: return x;
    }
}

/// n elements from `row` of the block on.
static void run_stage(const struct stages_call *call, const struct block *block, const tk_stage *s, tk_int row, tk_int n) {
    tk_int columns = call->columns, column = block->column;
    const float *a = s->a_slot ? slot_at(block, s->a_slot, row, columns) : operand_at(s->a, s->a_kind, row, column, columns);
    float *y = s->y_slot ? slot_at(block, s->y_slot, row, columns) : s->y + row * columns + column;
    if (!s->b) {
        call->isa->unary[s->op](a, y, n);
        return;
    }
    int mode = is_single(s->a_kind) ? TK_SCALAR_A : is_single(s->b_kind) ? TK_SCALAR_B : TK_BOTH_ARRAYS;
    const float *b = s->b_slot ? slot_at(block, s->b_slot, row, columns) : operand_at(s->b, s->b_kind, row, column, columns);
    call->isa->binary[s->op](a, b, y, n, mode);
}

static void run_block(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct stages_call *call = context;
    tk_int row = task / call->across * call->block_rows, column = task % call->across * call->block_columns;
    tk_int rows = tk_min_int(call->block_rows, call->rows - row);
    tk_int columns = tk_min_int(call->block_columns, call->columns - column);
    _Alignas(64) float slots[TK_STAGES * TK_STAGE_BLOCK];
    struct block block = {.row = row, .column = column, .slots = slots};
    for (int i = 0; i < call->count; i++) {
        const tk_stage *s = &call->stages[i];
        if (is_flat(s)) {
            // A block of several rows is as wide as they are.
            run_stage(call, &block, s, row, rows * columns);
        } else {
            for (tk_int r = row; r < row + rows; r++) run_stage(call, &block, s, r, columns);
        }
    }
}

static int has_slot(int slot, tk_operand kind, int count) { return slot >= 0 && slot <= count && (!slot || kind == TK_OPERAND_DENSE); }

static int is_valid(const struct tk_isa_table *isa, const tk_stage *s, int count) {
    if (!has_slot(s->a_slot, s->a_kind, count) || !has_slot(s->b_slot, s->b_kind, count) || !has_slot(s->y_slot, TK_OPERAND_DENSE, count))
        return 0;
    if (!s->b) return (unsigned)s->op < TK_UNARY_COUNT && s->a_kind == TK_OPERAND_DENSE;
    return (unsigned)s->op < TK_BINARY_COUNT && !tk_is_compare((tk_binary_op)s->op) && isa->binary[s->op] &&
           !(is_single(s->a_kind) && is_single(s->b_kind));
}

tk_status tk_elementwise(const tk_stage *stages, int count, tk_int rows, tk_int columns) {
    struct stages_call call = {.isa = tk_isa(), .stages = stages, .count = count, .rows = rows, .columns = columns};
    tk_int cost = 0;
    if (count < 0 || count > TK_STAGES) return TK_BAD_ARGUMENT;
    for (int i = 0; i < count; i++) {
        if (!is_valid(call.isa, &stages[i], count)) return TK_UNSUPPORTED;
        cost += stages[i].b ? tk_binary_cost((tk_binary_op)stages[i].op) : tk_unary_cost((tk_unary_op)stages[i].op);
    }
    if (rows < 0 || columns < 0) return TK_BAD_ARGUMENT;
    if (rows == 0 || columns == 0) return TK_OK;
    call.block_columns = tk_min_int(columns, TK_STAGE_BLOCK);
    call.block_rows = columns < TK_STAGE_BLOCK ? TK_STAGE_BLOCK / columns : 1;
    call.across = tk_ceil_div(columns, call.block_columns);
    tk_run_tasks(tk_team(rows * columns / 1000 * cost), tk_ceil_div(rows, call.block_rows) * call.across, run_block, &call);
    return TK_OK;
}
