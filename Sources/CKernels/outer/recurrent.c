#include "packed_call.h"

#include <string.h>

enum {
    /// Bytes of weights that a thread reads in a nanosecond, half of what it is from the second-level cache: steps follow one another so
    /// closely that a team is worth it sooner than elsewhere.
    TK_WEIGHT_RATE = 32,
    /// Nanoseconds that a hidden unit takes from sums to its new state.
    TK_CELL_COST = 4,
};

/// A layer that runs.
struct layer {
    const tk_recurrent_args *args;
    const struct tk_isa_table *isa;
    /// The product of the state with the weights of all gates.
    tk_packed_linear_args linear;
    struct tk_packed_call call;
    tk_int gates;
    /// Sums of the gates [batch, gates * hidden]; sums of the rows' levels, for zero points of weights; the other state; GRU: gate z
    /// and the state that is let through.
    float *sums;
    int32_t *row_sums;
    float *state, *update, *passed;
    float *threads;
    float clip;
    // One step.
    tk_int time;
    const float *h, *c;
    float *h_next;
    /// The gates at hand.
    int first, last;
};

static tk_int gate_count(tk_cell cell) { return cell == TK_CELL_LSTM ? 4 : cell == TK_CELL_RNN ? 1 : 3; }

// MARK: planning

static size_t dense_bytes(const tk_recurrent_args *g, const struct tk_isa_table *isa) {
    if (g->weight) return 0;
    tk_packed_layout layout = {isa->panel, 1, 4};
    return tk_packed_bytes(TK_WEIGHT_F32, layout, gate_count(g->cell) * g->hidden, g->hidden);
}

/// Floats of scratch in front of the threads' own, in the order in which `place` takes them.
static tk_int shared_floats(const struct layer *l) {
    tk_int state = tk_padded(l->args->batch * l->args->hidden), sums = tk_padded(l->args->batch * l->linear.n);
    return l->call.plan.shared + sums + tk_padded(l->args->batch) + state * (l->args->cell == TK_CELL_GRU ? 3 : 1);
}

/// 0 for a format that recurrent layers do not take.
static int plan(struct layer *l, const tk_recurrent_args *g, int team) {
    *l = (struct layer){.args = g, .isa = tk_isa(), .gates = gate_count(g->cell)};
    tk_weight_format format = g->weight ? g->format : TK_WEIGHT_F32;
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, l->isa);
    if (!traits || traits->group_scale || (traits->integer && g->hidden > TK_I8_DEPTH)) return 0;
    // What is beyond half range is listed by blocks of columns, which the gates of a GRU that wait do not begin at.
    if (traits->rest && g->cell == TK_CELL_GRU) return 0;
    l->linear = (tk_packed_linear_args){.m = g->batch, .n = l->gates * g->hidden, .k = g->hidden, .ldx = g->hidden, .format = format};
    l->call = (struct tk_packed_call){.isa = l->isa, .traits = traits, .divides = 1};
    l->call.plan = tk_plan_packed(l->isa, traits, &l->linear, team);
    // Weights that come from caches at every step need not be fetched ahead.
    int few = g->batch == 1 || (!traits->converts && g->batch <= traits->few_at_once);
    l->call.path = few ? TK_PATH_FEW_ROWS : tk_packed_path_for(format, g->batch);
    return 1;
}

/// Threads for the steps: products are bound by multiplications, or by how fast the weights come.
static int step_team(const tk_recurrent_args *g) {
    tk_int weights = gate_count(g->cell) * g->hidden * g->hidden;
    int width = !g->weight || g->format == TK_WEIGHT_F32 ? 4 : 1;
    return tk_team(tk_max_int(g->batch * weights / 32, weights * width / TK_WEIGHT_RATE));
}

size_t tk_recurrent_scratch(const tk_recurrent_args *g, int max_threads) {
    struct layer l;
    // One thread has the largest blocks of rows.
    if (!plan(&l, g, 1)) return 0;
    return tk_team_bytes(l.call.plan.thread, max_threads) + (size_t)shared_floats(&l) * sizeof(float) + dense_bytes(g, l.isa);
}

/// Points into the scratch memory.
static void place(struct layer *l, void *scratch) {
    tk_int state = tk_padded(l->args->batch * l->args->hidden);
    float *memory = tk_thread_memory(scratch, 0, 0);
    l->call.args = &l->linear;
    l->call.shared = memory;
    l->sums = memory + l->call.plan.shared;
    l->row_sums = (int32_t *)(l->sums + tk_padded(l->args->batch * l->linear.n));
    l->state = (float *)l->row_sums + tk_padded(l->args->batch);
    l->update = l->state + state;
    l->passed = l->update + state;
    l->threads = memory + shared_floats(l);
}

// MARK: one step

/// The sum of a row's levels less what stands for 0.
static int32_t level_sum(const struct layer *l, tk_int i) {
    const int32_t *row = tk_converted_rows(&l->call, i);
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

/// The first column for which what inputs add waits until the reset gate has worked on what the state adds.
static tk_int waiting_column(const struct layer *l) {
    return (l->args->cell == TK_CELL_GRU_RESET_AFTER ? 2 : l->gates) * l->args->hidden;
}

/// Sums of columns [j0, j0 + n), all waiting or none, of rows [i0, i0 + m), from their products in `tile`.
static void finish_sums(const struct layer *l, tk_int i0, tk_int m, tk_int j0, tk_int n, float *tile) {
    const tk_recurrent_args *g = l->args;
    tk_int width = l->linear.n;
    if (n <= 0) return;
    tk_finish_args f = {.m = m, .n = n, .ldproduct = TK_PACKED_COLUMNS, .y = l->sums + i0 * width + j0, .ldy = width};
    f.main = tk_packed_finish(&l->call, &l->linear.main, j0, tile);
    if (l->call.traits->integer) {
        f.row_scale = tk_row_scales(&l->call) + i0;
        f.zero = tk_row_zeros(&l->call) + i0;
        if (g->zero) l->isa->sums_shift((int32_t *)tile, TK_PACKED_COLUMNS, m, n, l->row_sums + i0, g->zero + j0);
    }
    if (j0 < waiting_column(l)) {
        f.residual = g->input + (l->time * g->batch + i0) * width + j0;
        f.ldres = width;
    } else if (g->bias) {
        f.main.bias = g->bias + j0 - waiting_column(l);
    }
    l->isa->linear_finish(&f);
}

/// The first column of the panel that the gates at hand begin in.
static tk_int first_column(const struct layer *l) {
    tk_int column = l->first * l->args->hidden;
    return column - column % l->isa->panel;
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct layer *l = context;
    const struct tk_packed_plan *p = &l->call.plan;
    tk_int i0 = task % p->row_blocks * p->rows, j0 = first_column(l) + task / p->row_blocks * TK_PACKED_COLUMNS;
    tk_int m = tk_min_int(p->rows, l->args->batch - i0), n = tk_min_int(TK_PACKED_COLUMNS, l->last * l->args->hidden - j0);
    if (m <= 0) return;
    float *expanded = l->threads + thread * p->thread, *tile = expanded + TK_PANEL_WORDS;
    tk_packed_product(&l->call, i0, m, j0, n, &l->linear.main, 0, expanded, tile);
    tk_int begin = tk_max_int(j0, l->first * l->args->hidden), end = j0 + n, cut = waiting_column(l);
    finish_sums(l, i0, m, begin, tk_min_int(end, cut) - begin, tile + begin - j0);
    begin = tk_max_int(begin, cut);
    finish_sums(l, i0, m, begin, end - begin, tile + begin - j0);
}

/// A row that is over gives 0 and keeps its state.
static void keep(const struct layer *l, tk_int at, float *y) {
    size_t bytes = (size_t)l->args->hidden * sizeof(float);
    memcpy(l->h_next + at, l->h + at, bytes);
    memset(y, 0, bytes);
    if (l->c && l->c != l->args->last_cell) memcpy(l->args->last_cell + at, l->c + at, bytes);
}

/// The new state of row i.
static void cell(const struct layer *l, tk_int i) {
    const tk_recurrent_args *g = l->args;
    tk_int at = i * g->hidden, width = l->linear.n;
    float *y = g->y + l->time * g->batch * g->hidden + at;
    int opens = g->cell == TK_CELL_GRU && l->first == 0;
    if (g->lengths && l->time >= g->lengths[i]) {
        if (opens) {
            memset(l->passed + at, 0, (size_t)g->hidden * sizeof(float));
        } else {
            keep(l, at, y);
        }
        return;
    }
    tk_cell_row r = {.n = g->hidden, .h = l->h + at, .clip = l->clip, .activation = g->activation};
    for (tk_int gate = 0; gate < l->gates; gate++) r.gate[gate] = l->sums + i * width + gate * g->hidden;
    r.h_next = l->h_next + at;
    r.y = y;
    switch (g->cell) {
    case TK_CELL_RNN: l->isa->rnn_row(&r); break;
    case TK_CELL_GRU_RESET_AFTER:
        r.input = g->input + (l->time * g->batch + i) * width + 2 * g->hidden;
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
        r.peephole = g->peephole;
        l->isa->lstm_row(&r);
        break;
    }
}

static void run_cells(const void *context, tk_int first, tk_int last) {
    for (tk_int i = first; i < last; i++) cell(context, i);
}

/// Gates [first, last) of all rows, from the products of `x`.
static void run_gates(struct layer *l, int team, int first, int last, const float *x) {
    tk_int batch = l->args->batch, hidden = l->args->hidden;
    l->linear.x = x;
    l->first = first;
    l->last = last;
    if (l->call.traits->converts) tk_run_loop(tk_team(batch * hidden / 4), batch, convert, l);
    tk_int blocks = tk_ceil_div(last * hidden - first_column(l), TK_PACKED_COLUMNS);
    tk_run_shares(team, l->call.plan.row_blocks * blocks, run_tile, l);
    tk_run_loop(tk_team(batch * hidden * TK_CELL_COST), batch, run_cells, l);
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
    int team = step_team(g);
    if (!plan(&l, g, team)) return TK_UNSUPPORTED;
    if (l.call.traits->scale && !g->scale) return TK_BAD_ARGUMENT;
    size_t state = (size_t)(g->batch * g->hidden) * sizeof(float);
    if (state == 0) return TK_OK;
    if (g->steps == 0) {
        memcpy(g->last, g->start, state);
        if (g->cell == TK_CELL_LSTM) memcpy(g->last_cell, g->start_cell, state);
        return TK_OK;
    }
    place(&l, scratch);
    l.clip = g->clip > 0 ? g->clip : __builtin_inff();
    l.linear.main = (tk_packed_branch){.weight = g->weight, .scale = g->scale};
    if (!g->weight) {
        char *packed = (char *)(l.threads + team * l.call.plan.thread);
        tk_packed_layout layout = {l.isa->panel, 1, 4};
        tk_status status = tk_pack_weight(TK_WEIGHT_F32, layout, g->dense, g->hidden, l.linear.n, l.linear.k, packed);
        if (status != TK_OK) return status;
        l.linear.main.weight = packed;
    }
    run_steps(&l, team);
    return TK_OK;
}
