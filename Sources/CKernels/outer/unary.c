#include "../isa.h"

tk_status tk_unary_f32(tk_unary_op op, const float *x, float *y, tk_int n) {
    tk_stage stage = {.op = (int)op, .a = x, .a_kind = TK_OPERAND_DENSE, .y = y};
    return tk_elementwise(&stage, 1, 1, n);
}

void tk_not(const uint8_t *x, uint8_t *y, tk_int n) {
    for (tk_int i = 0; i < n; i++) y[i] = x[i] == 0;
}
