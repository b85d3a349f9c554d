// Recurrent layers, each instruction set with its own packing.
#include "check.h"

#include <string.h>

struct layer {
    tk_recurrent_args args;
    /// Dense weights of the format's element type; not packed for f32.
    const void *weight;
};

static tk_int gates(tk_cell cell) { return cell == TK_CELL_LSTM ? 4 : cell == TK_CELL_RNN ? 1 : 3; }

/// y, the last state and the last cell, one after the other.
static tk_status run_layer(const void *context, void *y) {
    const struct layer *c = context;
    tk_recurrent_args args = c->args;
    tk_int state = args.batch * args.hidden;
    args.y = y;
    args.last = args.y + args.steps * state;
    args.last_cell = args.last + state;
    if (args.cell != TK_CELL_LSTM) memset(args.last_cell, 0, (size_t)state * sizeof(float));
    if (args.format == TK_WEIGHT_F32) {
        args.dense = c->weight;
    } else {
        tk_int n = gates(args.cell) * args.hidden;
        tk_packed_layout layout = tk_packed_layout_of(args.format, tk_active_isa());
        void *memory = check_memory((tk_int)tk_packed_bytes(args.format, layout, n, args.hidden));
        tk_pack_weight(args.format, layout, c->weight, args.hidden, n, args.hidden, memory);
        args.weight = memory;
    }
    return tk_recurrent(&args, check_scratch(tk_recurrent_scratch(&args, 1)));
}

/// Weights of 8 bits whose products with a state of one step are the same everywhere.
static const void *make_integers(struct layer *c, tk_int n, int most) {
    tk_int k = c->args.hidden;
    int8_t *bytes = check_memory(n * k);
    for (tk_int i = 0; i < n * k; i++) bytes[i] = (int8_t)((int)(check_random() >> 8) % (2 * most + 1) - most);
    int32_t *zero = check_memory(n * (tk_int)sizeof *zero);
    for (tk_int i = 0; i < n; i++) zero[i] = (int32_t)((int)(check_random() >> 8) % 255 - 127);
    c->args.scale = check_floats(n, 0.001f, 0.003f);
    c->args.zero = zero;
    return bytes;
}

static void check_size(tk_cell cell, tk_weight_format format, tk_int steps, tk_int batch, tk_int hidden) {
    tk_int n = gates(cell) * hidden, state = batch * hidden;
    struct layer c = {.args = {.cell = cell, .activation = TK_ACT_TANH, .steps = steps, .batch = batch, .hidden = hidden, .format = format}};
    tk_recurrent_args *g = &c.args;
    g->input = check_floats(steps * batch * n, -2, 2);
    g->start = check_floats(state, -1, 1);
    g->start_cell = check_floats(state, -1, 1);
    if (cell == TK_CELL_LSTM) g->peephole = check_floats(3 * hidden, -0.3f, 0.3f);
    if (cell == TK_CELL_GRU_RESET_AFTER) g->bias = check_floats(hidden, -1, 1);
    int64_t *lengths = check_memory(batch * (tk_int)sizeof *lengths);
    for (tk_int i = 0; i < batch; i++) lengths[i] = i * 3 % (steps + 2);
    c.weight = format == TK_WEIGHT_F32 ? check_floats(n * hidden, -0.2f, 0.2f) : make_integers(&c, n, format == TK_WEIGHT_I7 ? 32 : 127);
    tk_int count = (steps + 2) * state;
    float *one = check_memory(count * (tk_int)sizeof *one);
    for (tk_int i = 0; i < count; i++) one[i] = 1;
    for (int form = 0; form < 3; form++) {
        g->reverse = form == 1;
        g->clip = form == 1 ? 0.7f : 0;
        g->lengths = form == 2 ? lengths : NULL;
        check_case("%td x %td x %td, form %d", steps, batch, hidden, form);
        check_close(run_layer, &c, count, (check_bound){.share = (double)(steps * (hidden + 16)) * 0x1p-26, .scale = one});
    }
}

void check_recurrent(void) {
    check_covers("rnn_row gru_row gru_open_row gru_close_row lstm_row sums_shift i8_quantize_divided");
    static const tk_int sizes[][3] = {{3, 1, 7}, {2, 2, 16}, {3, 5, 33}, {1, 1, 64}, {2, 50, 12}, {2, 3, 130}, {0, 2, 5}};
    static const char *const names[] = {"rnn", "gru", "gru reset after", "lstm"};
    for (int cell = TK_CELL_RNN; cell <= TK_CELL_LSTM; cell++) {
        check_begin(names[cell]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_size((tk_cell)cell, TK_WEIGHT_F32, sizes[i][0], sizes[i][1], sizes[i][2]);
    }
    for (int format = TK_WEIGHT_I8; format <= TK_WEIGHT_I7; format++) {
        check_begin(format == TK_WEIGHT_I8 ? "lstm i8" : "lstm i7");
        // A second step might round a state that differs in its last place to another level.
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_size(TK_CELL_LSTM, (tk_weight_format)format, 1, sizes[i][1], sizes[i][2]);
    }
}
