#include "../isa.h"
#include "../threads.h"

enum {
    /// Most parts whose ranges are looked for apart, and least elements of one.
    TK_RANGE_PARTS = 64, TK_RANGE_ELEMENTS = 4096,
};

struct quantize_call {
    const struct tk_isa_table *isa;
    const float *x;
    uint8_t *y;
    /// Elements, and those of a part.
    tk_int n, part;
    float low[TK_RANGE_PARTS], high[TK_RANGE_PARTS];
    float scale, zero;
};

static void find_ranges(const void *context, tk_int first, tk_int last) {
    struct quantize_call *c = (struct quantize_call *)context;
    for (tk_int t = first; t < last; t++) {
        c->low[t] = c->high[t] = 0.0f;
        c->isa->levels_range(c->x + t * c->part, tk_min_int(c->part, c->n - t * c->part), &c->low[t], &c->high[t]);
    }
}

static void find_levels(const void *context, tk_int first, tk_int last) {
    const struct quantize_call *c = context;
    tk_int from = first * c->part, to = tk_min_int(last * c->part, c->n);
    c->isa->levels_of(c->x + from, to - from, c->scale, c->zero, c->y + from);
}

tk_status tk_dynamic_quantize(const float *x, uint8_t *y, float *scale, uint8_t *zero, tk_int n) {
    if (n < 0) return TK_BAD_ARGUMENT;
    struct quantize_call c = {.isa = tk_isa(), .x = x, .y = y, .n = n};
    c.part = tk_max_int(tk_ceil_div(n, TK_RANGE_PARTS), TK_RANGE_ELEMENTS);
    tk_int parts = tk_ceil_div(n, c.part);
    int team = tk_team(n / 8);
    tk_run_loop(team, parts, find_ranges, &c);
    float low = 0.0f, high = 0.0f;
    for (tk_int t = 0; t < parts; t++) {
        if (c.low[t] < low || c.low[t] != c.low[t]) low = c.low[t];
        if (c.high[t] > high || c.high[t] != c.high[t]) high = c.high[t];
    }
    float range = high - low;
    c.scale = (range == 0.0f ? 1.0f : range) / 255.0f;
    float origin = __builtin_roundevenf(-(low / c.scale));
    *zero = (uint8_t)(origin > 0.0f ? origin < 255.0f ? origin : 255.0f : 0.0f);
    *scale = c.scale;
    c.zero = (float)*zero;
    tk_run_loop(team, parts, find_levels, &c);
    return TK_OK;
}

tk_status tk_quantize(const float *x, float scale, float zero, uint8_t *y, tk_int n) {
    if (n < 0) return TK_BAD_ARGUMENT;
    struct quantize_call c = {.isa = tk_isa(), .x = x, .y = y, .n = n, .part = TK_RANGE_ELEMENTS, .scale = scale, .zero = zero};
    tk_run_loop(tk_team(n / 8), tk_ceil_div(n, c.part), find_levels, &c);
    return TK_OK;
}
