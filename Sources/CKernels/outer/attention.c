#include "../isa.h"
#include "../threads.h"

/// Floats of one thread, for the widest panel.
static tk_int thread_floats(const tk_attention_args *g) {
    tk_int dvp = tk_ceil_div(g->dv, TK_WIDEST_PANEL) * TK_WIDEST_PANEL;
    tk_int floats = TK_QUERIES * TK_KEYS + TK_QUERIES * dvp + tk_max_int(g->d, TK_KEYS) * TK_WIDEST_PANEL;
    return tk_padded(floats);
}

size_t tk_attention_scratch(const tk_attention_args *args, int max_threads) {
    return tk_team_bytes(thread_floats(args), max_threads);
}

static void clear_output(const tk_attention_args *g) {
    for (tk_int b = 0; b < g->batch; b++) {
        for (tk_int h = 0; h < g->heads; h++) {
            for (tk_int i = 0; i < g->nq; i++) {
                float *y = g->y + b * g->y_batch + h * g->y_head + i * g->y_row;
                for (tk_int j = 0; j < g->dv; j++) y[j] = 0.0f;
            }
        }
    }
}

struct attention_call {
    const struct tk_isa_table *isa;
    const tk_attention_args *args;
    /// Query blocks of one head, queries of one block, scratch floats of one thread.
    tk_int blocks, queries, floats;
    void *scratch;
};

static void run_block(const void *context, tk_int task, int thread) {
    const struct attention_call *call = context;
    const tk_attention_args *g = call->args;
    tk_int q0 = task % call->blocks * call->queries, head = task / call->blocks;
    tk_int count = tk_min_int(call->queries, g->nq - q0);
    float *memory = tk_thread_memory(call->scratch, call->floats, thread);
    if (count > 0) call->isa->attention_block(g, head / g->heads, head % g->heads, q0, count, memory);
}

tk_status tk_attention(const tk_attention_args *g, void *scratch) {
    if (g->batch < 0 || g->heads < 0 || g->nq < 0 || g->nk < 0 || g->d < 0 || g->dv < 0) return TK_BAD_ARGUMENT;
    if (g->nk == 0 || g->nq == 0) {
        clear_output(g);
        return TK_OK;
    }
    tk_int blocks = tk_ceil_div(g->nq, TK_QUERIES), tasks = g->batch * g->heads * blocks;
    tk_int queries = tk_min_int(TK_QUERIES, tk_ceil_div(tk_ceil_div(g->nq, blocks), TK_PRODUCT_ROWS) * TK_PRODUCT_ROWS);
    struct attention_call call = {tk_isa(), g, blocks, queries, thread_floats(g), scratch};
    tk_run_tasks(tk_team(tasks * call.queries * g->nk * (g->d + g->dv) / 16), tasks, run_block, &call);
    return TK_OK;
}
