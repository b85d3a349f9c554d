// Attention of two heads that lie side by side in the rows of q, k, v.
#include "check.h"

enum form { PLAIN, MASKED, BIASED, OFF_BY_ONE, CAUSAL, GROUPED, FORMS };

static tk_status run_attention(const void *context, void *y) {
    tk_attention_args args = *(const tk_attention_args *)context;
    args.y = y;
    return tk_attention(&args, check_scratch(tk_attention_scratch(&args, 1)));
}

enum format { F32, BF16, BF16_VALUES, I8, I8_BF16, FORMATS };

/// n random elements, as bf16 if `half`.
static const void *elements(tk_int n, int half) {
    float *x = check_floats(n, -1, 1);
    if (!half) return x;
    uint16_t *y = check_memory(n * 2);
    tk_cast(TK_F32, TK_BF16, x, y, n);
    return y;
}

static void check_size(enum form form, enum format format, tk_int nq, tk_int nk, tk_int d, tk_int dv) {
    tk_int n = nq * 2 * dv;
    int half_k = format == BF16 || format == I8_BF16, half_v = half_k || format == BF16_VALUES;
    tk_attention_args args = {
        .batch = 1, .heads = 2, .group = form == GROUPED ? 2 : 1, .nq = nq, .nk = nk, .d = d, .dv = dv, .scale = 0.25f,
        .q = check_floats(nq * 2 * d, -1, 1), .q_head = d, .q_row = 2 * d,
        .k = elements(nk * 2 * d, half_k), .k_head = d, .k_row = 2 * d, .half_k = half_k,
        .v = elements(nk * 2 * dv, half_v), .v_head = dv, .v_row = 2 * dv, .half_v = half_v, .y_head = dv, .y_row = 2 * dv,
        .mask = form == MASKED ? check_flags(nq * nk, 40) : NULL,
        .bias = form == BIASED ? check_floats(nq * nk, -1, 1) : NULL,
        .mask_row = nk, .off_by_one = form == OFF_BY_ONE, .causal = form == CAUSAL,
        .narrow = format == I8 || format == I8_BF16,
    };
    check_case("%td queries, %td keys, %td and %td wide", nq, nk, d, dv);
    // With VNNI integers are twice as fine as with the generic kernel.
    check_close(run_attention, &args, n, (check_bound){.absolute = args.narrow ? 1e-2 : 1e-5});
}

void check_attention(void) {
    check_covers("attention_block attention_block_i8");
    static const char *const names[FORMS][FORMATS] = {
        {"attention", "attention bf16", "attention bf16 values", "attention i8", "attention i8 bf16"},
        {"attention masked", "attention masked bf16", NULL, "attention masked i8", NULL},
        {"attention biased", NULL, NULL, "attention biased i8", NULL},
        {"attention off by one", NULL, NULL, "attention off by one i8", NULL},
        {"attention causal", "attention causal bf16", NULL, "attention causal i8", NULL},
        {"attention grouped", "attention grouped bf16", NULL, "attention grouped i8", NULL},
    };
    static const tk_int sizes[][4] = {{70, 140, 24, 24}, {1, 129, 32, 32}, {1, 40, 20, 20}, {2, 77, 20, 33},
                                      {4, 50, 16, 16},   {5, 1, 8, 8},     {33, 40, 13, 17}, {3, 0, 8, 8},
                                      {140, 150, 24, 24}, {257, 140, 8, 8}};
    for (int form = 0; form < FORMS; form++) {
        for (int format = 0; format < FORMATS; format++) {
            if (!names[form][format]) continue;
            check_begin(names[form][format]);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                check_size((enum form)form, (enum format)format, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
            }
        }
    }
}
