#include "packed_call.h"

#include <string.h>

enum {
    /// Most rows of one task, whose tiles of all gates stay in the second-level cache.
    TK_CELL_ROWS = 48,
    /// Bytes of weights that reach a thread in a nanosecond from beyond its caches.
    TK_WEIGHT_RATE = 16,
};

/// A layer that runs.
struct layer {
    const tk_recurrent_args *args;
    const struct tk_isa_table *isa;
    /// The product of the state with the weights of all gates.
    tk_packed_linear_args linear;
    struct tk_packed_call call;
    tk_int gates;
    /// Hidden units of a task, rows of a task, and how many of them.
    tk_int units, unit_blocks, rows, row_blocks;
    /// Sums of the rows' levels, for zero points of weights; the other state; GRU: gate z and the state that is let through.
    int32_t *row_sums;
    float *state, *update, *passed;
    float *threads;
    tk_int thread;
    float clip;
    // One step.
    tk_int time;
    const float *h, *c;
    float *h_next;
    /// The gates that a task computes, and what it does with them.
    int first, last;
};

static tk_int gate_count(tk_cell cell) { return cell == TK_CELL_LSTM ? 4 : cell == TK_CELL_RNN ? 1 : 3; }

/// Columns [j0, j0 + n) lie in whole panels of a tile, whose first column may stand before them.
static tk_int column_shift(const struct layer *l, tk_int j0) { return j0 % l->isa->panel; }

// MARK: planning

static size_t dense_bytes(const tk_recurrent_args *g, const struct tk_isa_table *isa) {
    if (g->weight) return 0;
    tk_packed_layout layout = {isa->panel, 1, 4};
    return tk_packed_bytes(TK_WEIGHT_F32, layout, gate_count(g->cell) * g->hidden, g->hidden);
}

/// Units of a task fill a tile, less a panel where gates do not begin with one; fewer if threads had nothing to do.
static void split(struct layer *l, int team) {
    const tk_recurrent_args *g = l->args;
    tk_int panel = l->isa->panel;
    l->units = g->hidden % panel == 0 ? TK_PACKED_COLUMNS : TK_PACKED_COLUMNS - panel;
    l->row_blocks = tk_ceil_div(g->batch, TK_CELL_ROWS);
    l->rows = tk_ceil_div(g->batch, tk_max_int(l->row_blocks, 1));
    while (l->units > panel && l->row_blocks * tk_ceil_div(g->hidden, l->units) < team) l->units = (l->units / 2 + panel - 1) / panel * panel;
    l->unit_blocks = tk_ceil_div(g->hidden, l->units);
}

/// Floats of scratch in front of the threads' own, in the order in which `layer` takes them.
static tk_int shared_floats(const struct layer *l) {
    tk_int state = tk_padded(l->args->batch * l->args->hidden);
    int is_gru = l->args->cell == TK_CELL_GRU;
    return l->call.plan.shared + tk_padded(l->args->batch) + state * (is_gru ? 3 : 1);
}

static int plan(struct layer *l, const tk_recurrent_args *g) {
    *l = (struct layer){.args = g, .isa = tk_isa(), .gates = gate_count(g->cell)};
    tk_weight_format format = g->weight ? g->format : TK_WEIGHT_F32;
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, l->isa);
    if (!traits || traits->group_scale || (traits->integer && g->hidden > TK_I8_DEPTH)) return 0;
    l->linear = (tk_packed_linear_args){.m = g->batch, .n = l->gates * g->hidden, .k = g->hidden, .ldx = g->hidden, .format = format};
    l->call = (struct tk_packed_call){.isa = l->isa, .traits = traits, .divides = 1};
    l->call.plan = tk_plan_packed(l->isa, traits, &l->linear, 1);
    l->call.path = tk_packed_path_for(format, g->batch);
    l->thread = tk_padded(TK_PANEL_WORDS + 4 * TK_CELL_ROWS * TK_PACKED_COLUMNS);
    return 1;
}

size_t tk_recurrent_scratch(const tk_recurrent_args *g, int max_threads) {
    struct layer l;
    if (!plan(&l, g)) return 0;
    return tk_team_bytes(l.thread, max_threads) + (size_t)shared_floats(&l) * sizeof(float) + dense_bytes(g, l.isa) + 64;
}

/// Points into the scratch memory.
static void place(struct layer *l, void *scratch) {
    tk_int state = tk_padded(l->args->batch * l->args->hidden);
    float *memory = tk_thread_memory(scratch, 0, 0);
    l->call.args = &l->linear;
    l->call.shared = memory;
    l->row_sums = (int32_t *)(memory + l->call.plan.shared);
    l->state = (float *)l->row_sums + tk_padded(l->args->batch);
    l->update = l->state + state;
    l->passed = l->update + state;
    l->threads = memory + tk_padded(shared_floats(l));
}

// MARK: one step

/// The sum of a row's levels less what stands for 0.
static int32_t level_sum(const struct layer *l, tk_int i) {
    const int32_t *row = tk_converted_rows(&l->call) + i * l->call.plan.words;
    tk_int count = l->call.plan.words * l->call.plan.layout.group;
    int32_t sum = 0;
    if (l->call.plan.layout.group == 2) {
        for (tk_int p = 0; p < count; p++) sum += ((const int16_t *)row)[p];
        return sum;
    }
    for (tk_int p = 0; p < count; p++) sum += ((const uint8_t *)row)[p];
    return sum - (int32_t)count * tk_row_zeros(&l->call)[i];
}

static void convert(const void *context, tk_int first, tk_int last) {
    const struct layer *l = context;
    for (tk_int i = first; i < last; i++) {
        tk_convert_row(&l->call, i);
        if (l->args->zero) l->row_sums[i] = level_sum(l, i);
    }
}

/// Whether what inputs add to `gate` waits until the reset gate has worked on what the state adds.
static int input_waits(const struct layer *l, int gate) { return l->args->cell == TK_CELL_GRU_RESET_AFTER && gate == 2; }

/// Sums of `gate` for rows [i0, i0 + m) and units [u0, u0 + n), in a tile from `column_shift` on.
static void gate_sums(const struct layer *l, int gate, tk_int i0, tk_int m, tk_int u0, tk_int n, float *expanded, float *tile) {
    const tk_recurrent_args *g = l->args;
    tk_int column = gate * g->hidden + u0, shift = column_shift(l, column), width = l->gates * g->hidden;
    tk_packed_product(&l->call, i0, m, column - shift, n + shift, &l->linear.main, 0, expanded, tile);
    tk_finish_args f = {.m = m, .n = n, .ldproduct = TK_PACKED_COLUMNS, .y = tile + shift, .ldy = TK_PACKED_COLUMNS};
    f.main = tk_packed_finish(&l->call, &l->linear.main, column, tile + shift);
    if (l->call.traits->integer) {
        f.row_scale = tk_row_scales(&l->call) + i0;
        f.zero = tk_row_zeros(&l->call) + i0;
        if (g->zero) {
            l->isa->sums_shift((int32_t *)tile + shift, TK_PACKED_COLUMNS, m, n, l->row_sums + i0, g->zero + column);
        }
    }
    if (input_waits(l, gate)) {
        if (g->bias) f.main.bias = g->bias + u0;
    } else {
        f.residual = g->input + (l->time * g->batch + i0) * width + column;
        f.ldres = width;
    }
    l->isa->linear_finish(&f);
}

/// A row that is over gives 0 and keeps its state.
static void keep(const struct layer *l, tk_int at, tk_int n, float *y) {
    memcpy(l->h_next + at, l->h + at, (size_t)n * sizeof(float));
    memset(y, 0, (size_t)n * sizeof(float));
    if (l->c && l->c != l->args->last_cell) memcpy(l->args->last_cell + at, l->c + at, (size_t)n * sizeof(float));
}

/// The new state of row i, units [u0, u0 + n), from the row's sums in tiles of all gates.
static void cell(const struct layer *l, tk_int i, tk_int u0, tk_int n, const float *sums) {
    const tk_recurrent_args *g = l->args;
    tk_int at = i * g->hidden + u0;
    float *y = g->y + l->time * g->batch * g->hidden + at;
    int opens = g->cell == TK_CELL_GRU && l->first == 0;
    if (g->lengths && l->time >= g->lengths[i]) {
        if (!opens) keep(l, at, n, y);
        return;
    }
    tk_cell_row r = {.n = n, .h = l->h + at, .hidden = g->hidden, .clip = l->clip, .activation = g->activation};
    for (int gate = l->first; gate < l->last; gate++) {
        r.gate[gate] = sums + gate * TK_CELL_ROWS * TK_PACKED_COLUMNS + column_shift(l, gate * g->hidden + u0);
    }
    r.h_next = l->h_next + at;
    r.y = y;
    switch (g->cell) {
    case TK_CELL_RNN: l->isa->rnn_row(&r); break;
    case TK_CELL_GRU_RESET_AFTER:
        r.input = g->input + (l->time * g->batch + i) * l->gates * g->hidden + 2 * g->hidden + u0;
        l->isa->gru_row(&r);
        break;
    case TK_CELL_GRU:
        r.c = r.c_next = l->update + at;
        if (opens) {
            r.h_next = l->passed + at;
            l->isa->gru_open_row(&r);
        } else {
            l->isa->gru_close_row(&r);
        }
        break;
    case TK_CELL_LSTM:
        r.c = l->c + at;
        r.c_next = g->last_cell + at;
        r.peephole = g->peephole ? g->peephole + u0 : NULL;
        l->isa->lstm_row(&r);
        break;
    }
}

static void run_block(const void *context, tk_int task, int thread) {
    const struct layer *l = context;
    const tk_recurrent_args *g = l->args;
    tk_int u0 = task / l->row_blocks * l->units, i0 = task % l->row_blocks * l->rows;
    tk_int n = tk_min_int(l->units, g->hidden - u0), m = tk_min_int(l->rows, g->batch - i0);
    float *expanded = l->threads + thread * l->thread, *tiles = expanded + TK_PANEL_WORDS;
    for (int gate = l->first; gate < l->last; gate++) {
        gate_sums(l, gate, i0, m, u0, n, expanded, tiles + gate * TK_CELL_ROWS * TK_PACKED_COLUMNS);
    }
    for (tk_int i = 0; i < m; i++) cell(l, i0 + i, u0, n, tiles + i * TK_PACKED_COLUMNS);
}

/// Gates [first, last) of all rows and units, from the products of `x`.
static void run_gates(struct layer *l, int team, int first, int last, const float *x) {
    tk_int batch = l->args->batch;
    l->linear.x = x;
    l->first = first;
    l->last = last;
    if (l->call.traits->converts) tk_run_loop(tk_team(batch * l->args->hidden / 4) > 1 ? team : 1, batch, convert, l);
    tk_run_shares(team, l->row_blocks * l->unit_blocks, run_block, l);
}

/// Threads for the steps: products are bound by multiplications, or by how fast the weights come.
static int step_team(const struct layer *l) {
    tk_int weights = l->linear.n * l->linear.k, width = l->call.traits->width;
    return tk_team(tk_max_int(l->args->batch * weights / 32, weights * width / TK_WEIGHT_RATE));
}

static void run_steps(struct layer *l, int team) {
    const tk_recurrent_args *g = l->args;
    l->h = g->start;
    l->c = g->start_cell;
    for (tk_int step = 0; step < g->steps; step++) {
        l->time = g->reverse ? g->steps - 1 - step : step;
        l->h_next = (g->steps - 1 - step) % 2 == 0 ? g->last : l->state;
        if (g->cell == TK_CELL_GRU) {
            run_gates(l, team, 0, 2, l->h);
            run_gates(l, team, 2, 3, l->passed);
        } else {
            run_gates(l, team, 0, (int)l->gates, l->h);
        }
        l->h = l->h_next;
        if (l->c) l->c = g->last_cell;
    }
}

tk_status tk_recurrent(const tk_recurrent_args *g, void *scratch) {
    struct layer l;
    if (g->steps < 0 || g->batch < 0 || g->hidden < 0) return TK_BAD_ARGUMENT;
    if (!plan(&l, g)) return TK_UNSUPPORTED;
    if (l.call.traits->scale && !g->scale) return TK_BAD_ARGUMENT;
    size_t state = (size_t)(g->batch * g->hidden) * sizeof(float);
    if (state == 0) return TK_OK;
    if (g->steps == 0) {
        memcpy(g->last, g->start, state);
        if (g->cell == TK_CELL_LSTM) memcpy(g->last_cell, g->start_cell, state);
        return TK_OK;
    }
    int team = step_team(&l);
    split(&l, team);
    place(&l, scratch);
    l.clip = g->clip > 0 ? g->clip : __builtin_inff();
    l.linear.main = (tk_packed_branch){.weight = g->weight, .scale = g->scale};
    if (!g->weight) {
        char *packed = (char *)(l.threads + tk_max_int(team, 1) * l.thread);
        tk_packed_layout layout = {l.isa->panel, 1, 4};
        tk_status status = tk_pack_weight(TK_WEIGHT_F32, layout, g->dense, g->hidden, l.linear.n, l.linear.k, packed);
        if (status != TK_OK) return status;
        l.linear.main.weight = packed;
    }
    run_steps(&l, team);
    return TK_OK;
}
