#include "../isa.h"
#include "../threads.h"

/// One parallel loop over rows; rows are independent, so any split gives the same bits.
#define TK_EACH_ROW(cost, call)                                                                     \
    const struct tk_isa_table *isa = tk_isa();                                                      \
    int team = tk_team(rows * cols / 4 * (cost));                                                   \
    TK_PARALLEL_FOR(team)                                                                           \
    for (tk_int r = 0; r < rows; r++) isa->call

void tk_layer_norm(const float *x, float *y, tk_int rows, tk_int cols, const float *gamma, const float *beta,
                   float eps) {
    TK_EACH_ROW(2, norm_layer(x + r * cols, y + r * cols, cols, gamma, beta, eps));
}

void tk_rms_norm(const float *x, float *y, tk_int rows, tk_int cols, const float *gamma, float eps) {
    TK_EACH_ROW(1, norm_rms(x + r * cols, y + r * cols, cols, gamma, eps));
}

void tk_l2_normalize(const float *x, float *y, tk_int rows, tk_int cols, float eps) {
    TK_EACH_ROW(1, norm_l2(x + r * cols, y + r * cols, cols, eps));
}

void tk_softmax(const float *x, float *y, tk_int rows, tk_int cols, int off_by_one) {
    TK_EACH_ROW(4, softmax_row(x + r * cols, y + r * cols, cols, off_by_one));
}

void tk_log_softmax(const float *x, float *y, tk_int rows, tk_int cols) {
    TK_EACH_ROW(4, softmax_log_row(x + r * cols, y + r * cols, cols));
}
