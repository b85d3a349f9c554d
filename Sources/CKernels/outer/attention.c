#include "../isa.h"
#include "../threads.h"

/// Tasks that each thread should have, so that none waits long for the last.
enum { TK_TASKS_A_THREAD = 4 };

static int is_narrow(const tk_attention_args *g) { return g->narrow && g->d <= TK_NARROW_DEPTH; }

/// Floats of one thread for the widest panel, in the order in which `attention_begin` and the blocks lay them out.
static tk_int thread_floats(const tk_attention_args *g) {
    tk_int width = tk_ceil_div(g->dv, TK_WIDEST_PANEL) * TK_WIDEST_PANEL, queries = tk_min_int(TK_TASK_QUERIES, g->nq);
    tk_int sums = TK_QUERIES * TK_KEYS + queries * (width + 2);
    tk_int wide = (g->half_k ? TK_KEYS * g->d : 0) + (g->half_v ? TK_KEYS * g->dv : 0);
    if (!is_narrow(g)) return tk_padded(sums + wide + TK_KEYS * (g->d + width) + queries * g->d);
    tk_int words = tk_ceil_div(g->d, 8) * 2, scales = 2 * queries + 2 * TK_KEYS + g->d + width;
    tk_int operands = queries * words + TK_KEYS * words + width * (TK_KEYS / 4) + TK_QUERIES * (TK_KEYS / 4);
    return tk_padded(sums + wide + scales + operands + TK_QUERIES * TK_WIDEST_PANEL);
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
    /// Tasks of one head, queries of one task and of one of its blocks, scratch floats of one thread.
    tk_int tasks, queries, block, floats;
    void *scratch;
};

static void run_queries(const void *context, tk_int task, int thread) {
    const struct attention_call *call = context;
    const tk_attention_args *g = call->args;
    tk_int q0 = task % call->tasks * call->queries, head = task / call->tasks;
    tk_int count = tk_min_int(call->queries, g->nq - q0);
    float *memory = tk_thread_memory(call->scratch, call->floats, thread);
    if (count <= 0) return;
    if (is_narrow(g)) {
        call->isa->attention_block_i8(g, head / g->heads, head % g->heads, q0, count, call->block, memory);
    } else {
        call->isa->attention_block(g, head / g->heads, head % g->heads, q0, count, call->block, memory);
    }
}

tk_status tk_attention(const tk_attention_args *g, void *scratch) {
    if (g->batch < 0 || g->heads < 0 || g->nq < 0 || g->nk < 0 || g->d < 0 || g->dv < 0) return TK_BAD_ARGUMENT;
    if (g->nk == 0 || g->nq == 0) {
        clear_output(g);
        return TK_OK;
    }
    // A row's result may depend on the sizes of blocks, so those must not depend on the team; how many share a task may.
    tk_int blocks = tk_ceil_div(g->nq, TK_QUERIES), heads = g->batch * g->heads;
    tk_int block = tk_min_int(TK_QUERIES, tk_ceil_div(tk_ceil_div(g->nq, blocks), TK_PRODUCT_ROWS) * TK_PRODUCT_ROWS);
    int team = tk_team(heads * blocks * block * g->nk * (g->d + g->dv) / 16);
    tk_int sharing = tk_min_int(TK_TASK_QUERIES / TK_QUERIES, tk_max_int(1, heads * blocks / (TK_TASKS_A_THREAD * team)));
    tk_int tasks = tk_ceil_div(blocks, sharing);
    struct attention_call call = {tk_isa(), g, tasks, tk_ceil_div(blocks, tasks) * block, block, thread_floats(g), scratch};
    tk_run_tasks(team, heads * tasks, run_queries, &call);
    return TK_OK;
}
