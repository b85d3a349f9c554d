// Casts between f32 and the 16-bit floats, over all patterns and over floats of every exponent.
#include "check.h"

struct cast {
    tk_dtype from, to;
    const void *x;
    tk_int n;
};

static tk_status run_cast(const void *context, void *y) {
    const struct cast *c = context;
    return tk_cast(c->from, c->to, c->x, y, c->n);
}

static void check_widening(const char *name, tk_dtype from) {
    enum { N = 65536 };
    check_begin(name);
    uint16_t *x = check_memory(N * sizeof *x);
    for (int i = 0; i < N; i++) x[i] = (uint16_t)i;
    for (tk_int n = N; n > N - 17; n--) {
        struct cast c = {from, TK_F32, x + N - n, n};
        check_case("n %td", n);
        if (n == N || n < N - 14) check_exact(run_cast, &c, n * (tk_int)sizeof(float));
    }
}

static void check_narrowing(const char *name, tk_dtype to) {
    enum { N = 40003 };
    check_begin(name);
    uint32_t *x = check_memory(N * sizeof *x);
    for (int i = 0; i < N; i++) x[i] = check_random();
    struct cast c = {TK_F32, to, x, N};
    check_case("random bits");
    check_exact(run_cast, &c, N * (tk_int)sizeof(uint16_t));
    c.x = check_floats(N, -0x1p-13f, 0x1p-13f);
    check_case("subnormal in f16");
    check_exact(run_cast, &c, N * (tk_int)sizeof(uint16_t));
}

void check_cast(void) {
    check_covers("cast_f16_f32 cast_f32_f16 cast_bf16_f32 cast_f32_bf16");
    check_widening("cast f16 to f32", TK_F16);
    check_widening("cast bf16 to f32", TK_BF16);
    check_narrowing("cast f32 to f16", TK_F16);
    check_narrowing("cast f32 to bf16", TK_BF16);
}
