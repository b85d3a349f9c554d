// Elementwise operators, reductions and rankings of the types other than f32: 16-bit floats go through f32 tiles, so that each
// instruction set must round them alike; the others are plain C, and are held to the same bits everywhere.
#include "check.h"

#include <string.h>

enum { N = 3 * 517 };

/// Random bits as elements of any type; 16-bit and f64 floats among them are NaN and infinite now and then.
static void *random_elements(void) {
    uint32_t *x = check_memory(2 * N * sizeof *x);
    for (int i = 0; i < 2 * N; i++) x[i] = check_random();
    return x;
}

/// Elements of a 16-bit float near 1, where functions are interesting.
static void *moderate_halves(tk_dtype dtype) {
    uint16_t *x = check_memory(N * sizeof *x);
    tk_cast(TK_F32, dtype, check_floats(N, -4, 4), x, N);
    return x;
}

static tk_int width(tk_dtype type) {
    switch (type) {
    case TK_I8: case TK_U8: case TK_BOOL: return 1;
    case TK_F16: case TK_BF16: case TK_I16: case TK_U16: return 2;
    case TK_F32: case TK_I32: case TK_U32: return 4;
    default: return 8;
    }
}

struct call {
    tk_dtype dtype;
    int op;
    const void *x, *more;
    tk_int outer, n, inner;
};

static tk_status run_unary(const void *context, void *y) {
    const struct call *c = context;
    return tk_unary(c->dtype, (tk_unary_op)c->op, c->x, y, c->n);
}

/// Operators that f32 computes exactly have the same bits in 16; those of f64 and the plain ones have too.
static int is_exact(tk_dtype dtype, int op) { return dtype == TK_F64 || strcmp(tk_kernel_at(op).promise, "exact") == 0; }

static void check_unary_types(void) {
    static const tk_dtype types[] = {TK_F16, TK_BF16, TK_F64};
    check_begin("unary of f16, bf16, f64");
    for (int t = 0; t < 3; t++) {
        const void *x = types[t] == TK_F64 ? random_elements() : moderate_halves(types[t]);
        for (int op = 0; op < TK_UNARY_COUNT; op++) {
            struct call c = {.dtype = types[t], .op = op, .x = x, .n = types[t] == TK_F64 ? N - 1 : N};
            check_case("%s of type %d", tk_kernel_at(op).name, types[t]);
            if (is_exact(types[t], op)) check_exact(run_unary, &c, c.n * (types[t] == TK_F64 ? 8 : 2));
        }
    }
}

static tk_status run_binary(const void *context, void *y) {
    const struct call *c = context;
    const tk_int shape[] = {c->outer, c->n}, dense[] = {c->n, 1}, column[] = {1, 0};
    return tk_binary(c->dtype, (tk_binary_op)c->op, 2, shape, c->x, dense, c->more, column, y);
}

static void check_binary_types(void) {
    check_begin("binary of every type");
    for (int type = TK_F16; type <= TK_BOOL; type++) {
        int is_half = type == TK_F16 || type == TK_BF16;
        // Of two NaNs an instruction set may pass on either.
        void *x = is_half ? moderate_halves((tk_dtype)type) : random_elements();
        for (int op = 0; op < TK_BINARY_COUNT; op++) {
            struct call c = {.dtype = (tk_dtype)type, .op = op, .x = x, .more = x, .outer = 3, .n = 517};
            int is_number = op < TK_BINARY_EQ || op > TK_BINARY_GE;
            int is_float = is_half || type == TK_F64, is_logic = op >= TK_BINARY_AND;
            if (is_logic ? is_float || (type == TK_BOOL && op > TK_BINARY_XOR) : type == TK_BOOL) continue;
            if (is_half && op == TK_BINARY_POW) continue;
            check_case("%s of type %d", tk_kernel_at(TK_UNARY_COUNT + op).name, type);
            check_exact(run_binary, &c, 3 * 517 * (is_number ? width((tk_dtype)type) : 1));
        }
    }
}

static tk_status run_reduce(const void *context, void *y) {
    const struct call *c = context;
    return tk_reduce(c->dtype, (tk_reduce_op)c->op, c->x, y, c->outer, c->n, c->inner);
}

static tk_status run_arg(const void *context, void *y) {
    const struct call *c = context;
    return tk_arg_reduce(c->dtype, c->op, c->x, y, c->outer, c->n, c->inner);
}

static tk_status run_cumsum(const void *context, void *y) {
    const struct call *c = context;
    return tk_cumsum(c->dtype, c->x, y, c->outer, c->n, c->inner, c->op & 1, c->op >> 1);
}

static tk_status run_top_k(const void *context, void *y) {
    const struct call *c = context;
    return tk_top_k(c->dtype, c->x, (void *)c->more, y, c->outer, c->n, 9);
}

static void check_along_axes(void) {
    check_begin("reductions of every type");
    for (int type = TK_F16; type < TK_BOOL; type++) {
        int is_float = type <= TK_F64;
        const void *x = is_float && type != TK_F64 ? moderate_halves((tk_dtype)type) : random_elements();
        struct call c = {.dtype = (tk_dtype)type, .x = x, .more = check_memory(3 * 9 * 8), .outer = 3, .n = 73, .inner = 7};
        for (c.op = 0; c.op <= TK_REDUCE_PROD; c.op++) {
            if (c.op == TK_REDUCE_MEAN && !is_float) continue;
            check_case("reduction %d of type %d", c.op, type);
            check_exact(run_reduce, &c, c.outer * c.inner * width(c.dtype));
        }
        for (c.op = 0; c.op < 2; c.op++) {
            check_case("search %d of type %d", c.op, type);
            check_exact(run_arg, &c, c.outer * c.inner * 8);
        }
        for (c.op = 0; c.op < 4; c.op++) {
            check_case("running sum %d of type %d", c.op, type);
            check_exact(run_cumsum, &c, c.outer * c.n * c.inner * width(c.dtype));
        }
        check_case("largest of type %d", type);
        check_exact(run_top_k, &c, 3 * 9 * 8);
    }
}

void check_typed(void) {
    check_unary_types();
    check_binary_types();
    check_along_axes();
}
