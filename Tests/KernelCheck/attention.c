// Attention of two heads that lie side by side in the rows of q, k, v.
#include "check.h"

enum form { PLAIN, MASKED, BIASED, OFF_BY_ONE, CAUSAL, FORMS };

static tk_status run_attention(const void *context, void *y) {
    tk_attention_args args = *(const tk_attention_args *)context;
    args.y = y;
    return tk_attention(&args, check_scratch(tk_attention_scratch(&args, 1)));
}

static void check_size(enum form form, tk_int nq, tk_int nk, tk_int d, tk_int dv) {
    tk_int n = nq * 2 * dv;
    tk_attention_args args = {
        .batch = 1, .heads = 2, .nq = nq, .nk = nk, .d = d, .dv = dv, .scale = 0.25f,
        .q = check_floats(nq * 2 * d, -1, 1), .q_head = d, .q_row = 2 * d,
        .k = check_floats(nk * 2 * d, -1, 1), .k_head = d, .k_row = 2 * d,
        .v = check_floats(nk * 2 * dv, -1, 1), .v_head = dv, .v_row = 2 * dv, .y_head = dv, .y_row = 2 * dv,
        .mask = form == MASKED ? check_flags(nq * nk, 40) : NULL,
        .bias = form == BIASED ? check_floats(nq * nk, -1, 1) : NULL,
        .mask_row = nk, .off_by_one = form == OFF_BY_ONE, .causal = form == CAUSAL,
    };
    check_case("%td queries, %td keys, %td and %td wide", nq, nk, d, dv);
    check_close(run_attention, &args, n, (check_bound){.absolute = 1e-5});
}

void check_attention(void) {
    static const char *const names[FORMS] = {"attention", "attention masked", "attention biased",
                                             "attention off by one", "attention causal"};
    static const tk_int sizes[][4] = {{70, 140, 24, 24}, {1, 129, 32, 32}, {1, 40, 20, 20}, {2, 77, 20, 33},
                                      {4, 50, 16, 16},   {5, 1, 8, 8},     {33, 40, 13, 17}, {3, 0, 8, 8},
                                      {140, 150, 24, 24}, {257, 140, 8, 8}};
    for (int form = 0; form < FORMS; form++) {
        check_begin(names[form]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_size((enum form)form, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        }
    }
}
