#include "../isa.h"
#include "../threads.h"

/// Rows of any of these; they are independent, so any split gives the same bits.
struct rows_call {
    const struct tk_isa_table *isa;
    const float *x;
    float *y;
    tk_int cols;
    const float *gamma, *beta;
    float eps;
    int off_by_one;
};

#define TK_EACH_ROW(name, call)                                                                     \
    static void name(const void *context, tk_int first, tk_int last) {                              \
        const struct rows_call *c = context;                                                        \
        for (tk_int r = first; r < last; r++) {                                                     \
            const float *x = c->x + r * c->cols;                                                    \
            float *y = c->y + r * c->cols;                                                          \
            c->isa->call;                                                                           \
        }                                                                                           \
    }

TK_EACH_ROW(layer_norm, norm_layer(x, y, c->cols, c->gamma, c->beta, c->eps))
TK_EACH_ROW(rms_norm, norm_rms(x, y, c->cols, c->gamma, c->eps))
TK_EACH_ROW(l2_normalize, norm_l2(x, y, c->cols, c->eps))
TK_EACH_ROW(softmax, softmax_row(x, y, c->cols, c->off_by_one))
TK_EACH_ROW(log_softmax, softmax_log_row(x, y, c->cols))

static void run_rows(tk_int rows, tk_int cost, tk_loop loop, const struct rows_call *call) {
    tk_run_loop(tk_team(rows * call->cols / 4 * cost), rows, loop, call);
}

void tk_layer_norm(const float *x, float *y, tk_int rows, tk_int cols, const float *gamma, const float *beta,
                   float eps) {
    struct rows_call call = {.isa = tk_isa(), .x = x, .y = y, .cols = cols, .gamma = gamma, .beta = beta, .eps = eps};
    run_rows(rows, 2, layer_norm, &call);
}

void tk_rms_norm(const float *x, float *y, tk_int rows, tk_int cols, const float *gamma, float eps) {
    struct rows_call call = {.isa = tk_isa(), .x = x, .y = y, .cols = cols, .gamma = gamma, .eps = eps};
    run_rows(rows, 1, rms_norm, &call);
}

void tk_l2_normalize(const float *x, float *y, tk_int rows, tk_int cols, float eps) {
    struct rows_call call = {.isa = tk_isa(), .x = x, .y = y, .cols = cols, .eps = eps};
    run_rows(rows, 1, l2_normalize, &call);
}

void tk_softmax(const float *x, float *y, tk_int rows, tk_int cols, int off_by_one) {
    struct rows_call call = {.isa = tk_isa(), .x = x, .y = y, .cols = cols, .off_by_one = off_by_one};
    run_rows(rows, 4, softmax, &call);
}

void tk_log_softmax(const float *x, float *y, tk_int rows, tk_int cols) {
    struct rows_call call = {.isa = tk_isa(), .x = x, .y = y, .cols = cols};
    run_rows(rows, 4, log_softmax, &call);
}
