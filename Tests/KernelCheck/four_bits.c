// Products of four-bit weights with groups of every size, with and without zero points, with scales of both types, against plain
// loops and the generic level.
#include "check.h"

#include <math.h>
#include <string.h>

struct four_bits {
    tk_packed_linear_args args;
    /// Levels [n, k], a byte each, and whether they are packed as u4.
    const uint8_t *levels;
    int as_levels;
    /// Whether the generic level is a plain loop instead.
    int plain;
};

static tk_int groups_of(const tk_packed_linear_args *g) { return (g->k + g->group_size - 1) / g->group_size; }

/// i4 two to a byte, or u4.
static const void *narrowed(const struct four_bits *c) {
    tk_int count = c->args.n * c->args.k;
    uint8_t *bytes = check_memory(count / 2 + 1);
    memset(bytes, 0, (size_t)(count / 2 + 1));
    for (tk_int i = 0; i < count; i++) bytes[i / 2] |= (uint8_t)((c->as_levels ? c->levels[i] : c->levels[i] ^ 8) << i % 2 * 4);
    return bytes;
}

static const void *pack(const struct four_bits *c) {
    const tk_packed_linear_args *g = &c->args;
    tk_packed_layout layout = tk_packed_layout_of(g->format, tk_active_isa());
    void *packed = check_memory((tk_int)tk_packed_bytes(g->format, layout, g->n, g->k));
    if (c->as_levels) {
        tk_pack_levels(layout, narrowed(c), g->k, g->n, g->k, packed);
    } else {
        tk_pack_weight(g->format, layout, narrowed(c), g->k, g->n, g->k, packed);
    }
    return packed;
}

static float scale_at(const tk_packed_linear_args *g, tk_int group, tk_int j) {
    tk_int at = group * g->n + j;
    if (g->scales == TK_SCALES_F32) return ((const float *)g->main.group_scale)[at];
    uint32_t bits = (uint32_t)((const uint16_t *)g->main.group_scale)[at] << 16;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static int zero_at(const tk_packed_linear_args *g, tk_int group, tk_int j) {
    return g->main.group_zero ? g->main.group_zero[group * g->n + j] : 8;
}

static double plain_floats(const struct four_bits *c, tk_int i, tk_int j) {
    const tk_packed_linear_args *g = &c->args;
    double sum = 0;
    for (tk_int p = 0; p < g->k; p++) {
        tk_int group = p / g->group_size;
        sum += (double)g->x[i * g->ldx + p] * (c->levels[j * g->k + p] - zero_at(g, group, j)) * scale_at(g, group, j);
    }
    return sum;
}

/// Row scale of w4a8 and row of q; NaN for a row with a number that is not finite.
static float plain_row(const float *x, tk_int k, int *q) {
    float largest = 0;
    int finite = 1;
    for (tk_int p = 0; p < k; p++) {
        finite &= isfinite(x[p]);
        largest = fmaxf(largest, fabsf(x[p]));
    }
    float scale = largest / 127;
    if (scale < 0x1p-126f) scale = 1;
    for (tk_int p = 0; p < k && finite; p++) q[p] = (int)fmaxf(-127, fminf(127, rintf(x[p] * (1 / scale))));
    return finite ? scale : NAN;
}

static float plain_bytes(const struct four_bits *c, const int *q, float row_scale, tk_int j) {
    const tk_packed_linear_args *g = &c->args;
    float sum = 0;
    for (tk_int group = 0; group < groups_of(g); group++) {
        int s = 0;
        for (tk_int p = group * g->group_size; p < g->k && p < (group + 1) * g->group_size; p++) {
            s += q[p] * (c->levels[j * g->k + p] - zero_at(g, group, j));
        }
        sum = fmaf((float)s, scale_at(g, group, j), sum);
    }
    return sum * row_scale;
}

static void run_plain(const struct four_bits *c, float *y) {
    const tk_packed_linear_args *g = &c->args;
    int *q = check_memory(g->k * (tk_int)sizeof *q), bytes = g->format == TK_WEIGHT_W4A8;
    memset(q, 0, (size_t)g->k * sizeof *q);
    for (tk_int i = 0; i < g->m; i++) {
        float scale = bytes ? plain_row(g->x + i * g->ldx, g->k, q) : 0;
        for (tk_int j = 0; j < g->n; j++) {
            float sum = bytes ? plain_bytes(c, q, scale, j) : (float)plain_floats(c, i, j);
            y[i * g->n + j] = g->main.bias ? sum + g->main.bias[j] : sum;
        }
    }
}

static tk_status run_four_bits(const void *context, void *y) {
    const struct four_bits *c = context;
    if (c->plain && tk_active_isa() == TK_ISA_GENERIC) {
        run_plain(c, y);
        return TK_OK;
    }
    tk_packed_linear_args args = c->args;
    args.y = y;
    args.main.weight = pack(c);
    return tk_packed_linear(&args, check_scratch(tk_packed_linear_scratch(&args, 1)));
}

/// Scales and zero points of all groups; columns of small weights and of large ones.
static void make_groups(struct four_bits *c, int zeros) {
    tk_packed_linear_args *g = &c->args;
    tk_int count = groups_of(g) * g->n;
    uint16_t *halves = check_memory(count * 2 + 2);
    uint8_t *zero = check_memory(count + 1);
    const float *scale = check_floats(count, 0.001f, 0.01f);
    tk_cast(TK_F32, TK_BF16, scale, halves, count);
    for (tk_int i = 0; i < count; i++) zero[i] = (uint8_t)(check_random() >> 28);
    if (g->scales == TK_SCALES_F32) g->main.group_scale = scale; else g->main.group_scale = halves;
    if (zeros) g->main.group_zero = zero;
}

/// Rows of the largest sums, of zeros, of numbers whose scale is subnormal, of huge ones, of halves; with a NaN or an infinity.
static void make_odd_rows(const tk_packed_linear_args *g, float *x) {
    for (tk_int i = 0; i < g->m; i++) {
        float *row = x + i * g->ldx;
        for (tk_int p = 0; p < g->k; p++) {
            if (i % 8 == 1) row[p] = i % 16 == 1 ? 1 : -1;
            if (i % 8 == 2) row[p] = 0;
            if (i % 8 == 3) row[p] *= 1e-37f;
            if (i % 8 == 4) row[p] *= 3e38f;
            if (i % 8 == 5) row[p] = (float)((p * 7) % 255 - 127) / 2;
        }
        if (g->k > 0 && i % 8 == 6) row[g->k / 2] = NAN;
        if (g->k > 0 && i % 8 == 7) row[g->k - 1] = i % 16 == 7 ? INFINITY : -INFINITY;
    }
}

/// Equal bits, but for those of NaN.
static tk_status run_same_nans(const void *context, void *y) {
    const struct four_bits *c = context;
    tk_status status = run_four_bits(c, y);
    float *at = y;
    for (tk_int i = 0; i < c->args.m * c->args.n; i++) {
        if (isnan(at[i])) at[i] = NAN;
    }
    return status;
}

static void check_all(struct four_bits *c) {
    tk_packed_linear_args *g = &c->args;
    if (g->format == TK_WEIGHT_W4A8) {
        for (c->plain = 0; c->plain < 2; c->plain++) check_exact(run_same_nans, c, g->m * g->n * 4);
        make_odd_rows(g, (float *)g->x);
        for (c->plain = 0; c->plain < 2; c->plain++) check_exact(run_same_nans, c, g->m * g->n * 4);
        return;
    }
    float *scale = check_memory(g->m * g->n * 4 + 4);
    for (tk_int i = 0; i < g->m * g->n; i++) {
        double size = 1;
        for (tk_int p = 0; p < g->k; p++) size += 0.15 * fabs(g->x[i / g->n * g->ldx + p]);
        scale[i] = (float)size;
    }
    for (c->plain = 0; c->plain < 2; c->plain++) {
        check_close(run_four_bits, c, g->m * g->n, (check_bound){.share = (double)(g->k + 8) * 0x1p-24, .scale = scale});
    }
}

/// What all sizes of a line have in common.
struct kind {
    tk_weight_format format;
    tk_scale_type scales;
    int zeros;
};

static void check_size(struct kind kind, tk_int size, tk_packed_path path, tk_int m, tk_int n, tk_int k) {
    struct four_bits c = {.as_levels = kind.zeros};
    c.args = (tk_packed_linear_args){.m = m, .n = n, .k = k, .ldx = k + 3, .format = kind.format, .group_size = size,
                                     .scales = kind.scales, .ldy = n, .path = path};
    c.args.x = check_floats(m * (k + 3), -1, 1);
    uint8_t *levels = check_memory(n * k + 1);
    for (tk_int i = 0; i < n * k; i++) levels[i] = (uint8_t)(check_random() >> 28);
    // The largest sums of products.
    if (n > 1) memset(levels, 15, (size_t)k);
    c.levels = levels;
    if (m % 2) c.args.main.bias = check_floats(n, -1, 1);
    make_groups(&c, kind.zeros);
    check_case("%td x %td x %td, groups of %td, path %d", m, n, k, size, (int)path);
    check_all(&c);
}

static void check_sizes(const char *name, struct kind kind) {
    static const tk_int sizes[][3] = {{17, 65, 270},  {3, 5, 0},     {0, 5, 3},     {1, 1, 1},
                                      {9, 15, 1100}, {200, 33, 100}, {7, 40, 3100}, {5, 130, 640}};
    for (tk_int size = TK_W4_GROUP; size <= TK_W4_GROUP_MOST; size *= 2) {
        check_begin(name);
        for (tk_packed_path path = TK_PATH_AUTO; path <= TK_PATH_PANELS; path++) {
            for (tk_int m = 1; m <= 9; m++) check_size(kind, size, path, m, 70, 45 + 31 * m);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                check_size(kind, size, path, sizes[i][0], sizes[i][1], sizes[i][2]);
        }
    }
}

/// Packing is undone by its inverse, and u4 and i4 of the same levels are packed alike.
static tk_status run_packing(const void *context, void *y) {
    const struct four_bits *c = context;
    tk_int n = c->args.n, k = c->args.k, bytes = (n * k + 1) / 2;
    tk_packed_layout layout = tk_packed_layout_of(TK_WEIGHT_W4, tk_active_isa());
    size_t packed_bytes = tk_packed_bytes(TK_WEIGHT_W4, layout, n, k);
    struct four_bits other = *c;
    other.as_levels = !c->as_levels;
    const void *packed = pack(c);
    if (memcmp(packed, pack(&other), packed_bytes) != 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_unpack_levels(layout, packed, n, k, y);
    if (status != TK_OK) return status;
    other.as_levels = 1;
    return memcmp(y, narrowed(&other), (size_t)bytes) == 0 ? TK_OK : TK_BAD_ARGUMENT;
}

static void check_packing(void) {
    check_begin("packed w4 levels");
    struct four_bits c = {.args = {.n = 37, .k = 77, .format = TK_WEIGHT_W4}};
    uint8_t *levels = check_memory(37 * 77);
    for (tk_int i = 0; i < 37 * 77; i++) levels[i] = (uint8_t)(check_random() >> 28);
    c.levels = levels;
    check_exact(run_packing, &c, (37 * 77 + 1) / 2);
}

void check_four_bits(void) {
    check_covers("w4a8_quantize w4a8_few w4a8_panel");
    check_packing();
    check_sizes("packed w4 groups", (struct kind){TK_WEIGHT_W4, TK_SCALES_BF16, 0});
    check_sizes("packed w4 zero points", (struct kind){TK_WEIGHT_W4, TK_SCALES_BF16, 1});
    check_sizes("packed w4 f32 scales", (struct kind){TK_WEIGHT_W4, TK_SCALES_F32, 0});
    check_sizes("packed w4 f32 scales, zero points", (struct kind){TK_WEIGHT_W4, TK_SCALES_F32, 1});
    check_sizes("packed w4a8 groups", (struct kind){TK_WEIGHT_W4A8, TK_SCALES_BF16, 0});
    check_sizes("packed w4a8 zero points", (struct kind){TK_WEIGHT_W4A8, TK_SCALES_BF16, 1});
    check_sizes("packed w4a8 f32 scales", (struct kind){TK_WEIGHT_W4A8, TK_SCALES_F32, 0});
    check_sizes("packed w4a8 f32 scales, zero points", (struct kind){TK_WEIGHT_W4A8, TK_SCALES_F32, 1});
}
