// Unary and binary f32 tiles, as the kernel table lists them.
#include "check.h"

#include <math.h>
#include <string.h>

struct unary {
    tk_unary_op op;
    const float *x;
    tk_int n;
};

static tk_status run_unary(const void *context, void *y) {
    const struct unary *c = context;
    return tk_unary_f32(c->op, c->x, y, c->n);
}

static void check_unary(tk_unary_op op) {
    static const float special[] = {0, -0.0f, 0x1p-133f, -0x1p-133f, 0.5f, 1.5f, 2.5f, -2.5f, 88.7f, 89, -103.9f,
                                    1, NAN,   0x1p-126f, INFINITY,   -INFINITY};
    enum { SPECIAL = sizeof special / sizeof *special, N = 3 * 400 + SPECIAL + 3 };
    check_begin(tk_kernel_at(op).name);
    check_covers(tk_kernel_at(op).name);
    float *x = check_floats(N, -90, 90);
    memcpy(x, special, sizeof special);
    memcpy(x + SPECIAL, check_floats(400, -0.01f, 0.01f), 400 * sizeof *x);
    memcpy(x + SPECIAL + 400, check_floats(400, -2, 2), 400 * sizeof *x);
    for (tk_int n = N - 16; n <= N; n++) {
        struct unary c = {op, x, n};
        check_case("n %td", n);
        check_promise(tk_kernel_at(op), run_unary, &c, n);
    }
}

struct binary {
    tk_binary_op op;
    tk_int shape[2], a_strides[2], b_strides[2];
    const float *a, *b;
};

static tk_status run_binary(const void *context, void *y) {
    const struct binary *c = context;
    return tk_binary(TK_F32, c->op, 2, c->shape, c->a, c->a_strides, c->b, c->b_strides, y);
}

/// Strides of [rows, cols], row, column and scalar operands.
enum { LAYOUTS = 4 };
static void set_layout(int layout, tk_int cols, tk_int *strides) {
    strides[0] = layout == 0 ? cols : layout == 2;
    strides[1] = layout < 2;
}

static void check_binary(tk_binary_op op) {
    enum { ROWS = 7, COLS = 61, N = ROWS * COLS };
    tk_kernel_info info = tk_kernel_at(TK_UNARY_COUNT + op);
    check_begin(info.name);
    check_covers(info.name);
    float *a = check_floats(N, -3, 3), *b = check_floats(N, -3, 3);
    for (int i = 0; i < N; i += 3) b[i] = a[i] = roundf(a[i]);
    a[5] = NAN;
    for (int layout = 0; layout < 2 * LAYOUTS; layout++) {
        struct binary c = {.op = op, .shape = {ROWS, COLS}, .a = a, .b = b};
        set_layout(layout < LAYOUTS ? layout : 0, COLS, c.a_strides);
        set_layout(layout < LAYOUTS ? 0 : layout - LAYOUTS, COLS, c.b_strides);
        check_case("layout %d", layout);
        if (op >= TK_BINARY_EQ) {
            check_exact(run_binary, &c, N);
        } else {
            check_promise(info, run_binary, &c, N);
        }
    }
}

void check_elementwise(void) {
    for (int op = 0; op < TK_UNARY_COUNT; op++) check_unary((tk_unary_op)op);
    for (int op = 0; op <= TK_BINARY_GE; op++) check_binary((tk_binary_op)op);
}
