// Weights into panels and back. The order of elements is the whole difference between instruction sets, so one plain loop
// serves all of them.
#include "half_range.h"
#include "index.h"
#include "weight_traits.h"
#include "../threads.h"

#include <string.h>

tk_packed_layout tk_packed_layout_of(tk_weight_format format, int level) {
    const struct tk_isa_table *isa = tk_isa_at(level);
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, isa);
    if (!traits) return (tk_packed_layout){0, 0, 0};
    // Four bits are packed alike for all products.
    return (tk_packed_layout){isa->panel, traits->width ? traits->group : 1, traits->width};
}

/// Whether sums of columns lie behind the panels.
static int has_sums(tk_weight_format format) {
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, tk_isa());
    return traits && traits->integer;
}

tk_int tk_panel_bytes(tk_packed_layout l, tk_int k) {
    if (l.width == 0) return tk_ceil_div(k, TK_W4_GROUP) * TK_W4_GROUP / 2 * l.panel;
    return tk_ceil_div(k, l.group) * l.panel * l.group * l.width;
}

static size_t element_bytes(tk_packed_layout l, tk_int n, tk_int k) {
    size_t bytes = (size_t)(tk_ceil_div(n, l.panel) * tk_panel_bytes(l, k));
    return (bytes + 63) & ~(size_t)63;
}

/// Whether a layout is one of this format, on whatever instruction set.
static int is_valid(tk_weight_format format, tk_packed_layout l, tk_int n, tk_int k) {
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, tk_isa());
    return traits && n >= 0 && k >= 0 && l.panel > 0 && l.group > 0 && l.width == traits->width;
}

size_t tk_packed_bytes(tk_weight_format format, tk_packed_layout l, tk_int n, tk_int k) {
    if (!is_valid(format, l, n, k)) return 0;
    size_t sums = has_sums(format) ? (size_t)(tk_ceil_div(n, l.panel) * l.panel) * sizeof(int32_t) : 0;
    return element_bytes(l, n, k) + sums + (format == TK_WEIGHT_I7_REST ? tk_rests_bytes(n, k) : 0);
}

const struct tk_rests *tk_rests_of(tk_packed_layout l, const void *packed, tk_int n, tk_int k) {
    return (const struct tk_rests *)(tk_column_sums(l, packed, n, k) + tk_ceil_div(n, l.panel) * l.panel);
}

const int32_t *tk_column_sums(tk_packed_layout l, const void *packed, tk_int n, tk_int k) {
    return (const int32_t *)((const char *)packed + element_bytes(l, n, k));
}

/// Between k elements of `row` and cells `step` bytes apart that hold `cell` bytes, the last one perhaps in part.
static inline void copy_cells(char *row, size_t bytes, char *cells, size_t step, const size_t cell, const int inverse) {
    size_t at = 0;
    for (; at + cell <= bytes; at += cell, cells += step) {
        if (inverse) {
            memcpy(row + at, cells, cell);
        } else {
            memcpy(cells, row + at, cell);
        }
    }
    if (at == bytes) return;
    if (inverse) {
        memcpy(row + at, cells, bytes - at);
    } else {
        memcpy(cells, row + at, bytes - at);
    }
}

/// Between one row (output) of a weight and its column of a panel; cells of 4 and 2 bytes are compiled apart.
static void copy_row(tk_packed_layout l, char *row, tk_int k, char *panel, tk_int column, const int inverse) {
    size_t cell = (size_t)(l.group * l.width), bytes = (size_t)(k * l.width), step = (size_t)l.panel * cell;
    char *cells = panel + (size_t)column * cell;
    if (cell == 4) {
        copy_cells(row, bytes, cells, step, 4, inverse);
    } else if (cell == 2) {
        copy_cells(row, bytes, cells, step, 2, inverse);
    } else {
        copy_cells(row, bytes, cells, step, cell, inverse);
    }
}

/// Byte of a packed w4 weight that holds output j and input p, and how far its four bits lie to the left.
static uint8_t *quarter(tk_packed_layout l, const void *packed, tk_int k, tk_int j, tk_int p, int *shift) {
    *shift = p % 2 * 4;
    return (uint8_t *)packed + j / l.panel * tk_panel_bytes(l, k) + (p / 8 * l.panel + j % l.panel) * 4 + p % 8 / 2;
}

/// Levels of weights with their bits `flipped`: 8 for i4, 0 for levels. Padding, which meets no input, is 8.
static void pack_quarters(tk_packed_layout l, int flipped, const uint8_t *weight, tk_int ldw, tk_int n, tk_int k, void *packed) {
    memset(packed, 0x88, element_bytes(l, n, k));
    for (tk_int j = 0; j < n; j++) {
        for (tk_int p = 0; p < k; p++) {
            tk_int at = j * ldw + p;
            int shift, value = (weight[at / 2] >> at % 2 * 4 & 15) ^ flipped;
            uint8_t *to = quarter(l, packed, k, j, p, &shift);
            *to = (uint8_t)((*to & ~(15 << shift)) | value << shift);
        }
    }
}

static void unpack_quarters(tk_packed_layout l, int flipped, const void *packed, tk_int n, tk_int k, uint8_t *weight) {
    memset(weight, 0, (size_t)((n * k + 1) / 2));
    for (tk_int j = 0; j < n; j++) {
        for (tk_int p = 0; p < k; p++) {
            tk_int at = j * k + p;
            int shift;
            const uint8_t *from = quarter(l, packed, k, j, p, &shift);
            weight[at / 2] = (uint8_t)(weight[at / 2] | ((*from >> shift & 15) ^ flipped) << at % 2 * 4);
        }
    }
}

static void sum_columns(tk_packed_layout l, const int8_t *weight, tk_int ldw, tk_int n, tk_int k, int32_t *sums) {
    memset(sums, 0, (size_t)(tk_ceil_div(n, l.panel) * l.panel) * sizeof(int32_t));
    for (tk_int j = 0; j < n; j++) {
        int32_t sum = 0;
        for (tk_int p = 0; p < k; p++) sum += weight[j * ldw + p];
        sums[j] = sum;
    }
}

/// Takes what is beyond half range off the packed rows of `weight`, and keeps it.
static tk_status pack_rests(tk_packed_layout l, const int8_t *weight, tk_int ldw, tk_int n, tk_int k, void *packed) {
    struct tk_rests *rests = (struct tk_rests *)tk_rests_of(l, packed, n, k);
    if (tk_find_rests(weight, ldw, n, k, rests) != TK_OK) return TK_UNSUPPORTED;
    for (tk_int block = 0; block * TK_REST_COLUMNS < n; block++) {
        tk_int count;
        for (const struct tk_rest *rest = tk_rests_in(rests, n, block, &count), *end = rest + count; rest < end; rest++) {
            tk_int j = block * TK_REST_COLUMNS + rest->column, p = rest->input;
            int8_t *panel = (int8_t *)packed + j / l.panel * tk_panel_bytes(l, k);
            panel[(p / l.group * l.panel + j % l.panel) * l.group + p % l.group] -= rest->weight;
        }
    }
    return TK_OK;
}

static void unpack_rests(tk_packed_layout l, const void *packed, tk_int n, tk_int k, int8_t *weight) {
    const struct tk_rests *rests = tk_rests_of(l, packed, n, k);
    for (tk_int block = 0; block * TK_REST_COLUMNS < n; block++) {
        tk_int count;
        for (const struct tk_rest *rest = tk_rests_in(rests, n, block, &count), *end = rest + count; rest < end; rest++)
            weight[(block * TK_REST_COLUMNS + rest->column) * k + rest->input] += rest->weight;
    }
}

tk_status tk_pack_weight(tk_weight_format format, tk_packed_layout l, const void *weight, tk_int ldw, tk_int n,
                         tk_int k, void *packed) {
    if (!is_valid(format, l, n, k) || ldw < k) return TK_BAD_ARGUMENT;
    tk_int bytes = tk_panel_bytes(l, k);
    if (l.width == 0) {
        pack_quarters(l, 8, weight, ldw, n, k, packed);
        return TK_OK;
    }
    for (tk_int j = 0; j < n; j++) {
        char *panel = (char *)packed + j / l.panel * bytes;
        if (j % l.panel == 0 && (n - j < l.panel || k % l.group != 0)) memset(panel, 0, (size_t)bytes);
        copy_row(l, (char *)weight + j * ldw * l.width, k, panel, j % l.panel, 0);
    }
    if (has_sums(format)) sum_columns(l, weight, ldw, n, k, (int32_t *)tk_column_sums(l, packed, n, k));
    return format == TK_WEIGHT_I7_REST ? pack_rests(l, weight, ldw, n, k, packed) : TK_OK;
}

tk_status tk_pack_transposed(tk_weight_format format, tk_packed_layout l, const void *weight, tk_int ldw, tk_int n,
                             tk_int k, void *packed) {
    // Rows that are read before the next panel is written: whole pages of the source, and runs of the panel.
    enum { ROWS = 32 };
    if (!is_valid(format, l, n, k) || ldw < n) return TK_BAD_ARGUMENT;
    if (l.width == 0 || l.group != 1 || has_sums(format)) return TK_UNSUPPORTED;
    tk_int step = l.panel * l.width, bytes = tk_panel_bytes(l, k);
    for (tk_int p0 = 0; p0 < k; p0 += ROWS) {
        tk_int end = tk_min_int(p0 + ROWS, k);
        for (tk_int j = 0; j < n; j += l.panel) {
            size_t filled = (size_t)(tk_min_int(l.panel, n - j) * l.width);
            char *panel = (char *)packed + j / l.panel * bytes;
            for (tk_int p = p0; p < end; p++) {
                memcpy(panel + p * step, (const char *)weight + (p * ldw + j) * l.width, filled);
                memset(panel + p * step + filled, 0, (size_t)step - filled);
            }
        }
    }
    return TK_OK;
}

tk_status tk_unpack_weight(tk_weight_format format, tk_packed_layout l, const void *packed, tk_int n, tk_int k,
                           void *weight) {
    if (!is_valid(format, l, n, k)) return TK_BAD_ARGUMENT;
    tk_int bytes = tk_panel_bytes(l, k);
    if (l.width == 0) {
        unpack_quarters(l, 8, packed, n, k, weight);
        return TK_OK;
    }
    for (tk_int j = 0; j < n; j++) {
        copy_row(l, (char *)weight + j * k * l.width, k, (char *)packed + j / l.panel * bytes, j % l.panel, 1);
    }
    if (format == TK_WEIGHT_I7_REST) unpack_rests(l, packed, n, k, weight);
    return TK_OK;
}

struct packed_rows_call {
    tk_weight_format format;
    tk_packed_layout layout;
    const void *packed;
    tk_int n, k;
    tk_dtype index_type;
    const void *index;
    void *y;
};

/// Adds what row j has beyond half range.
static void add_rests_of_row(const struct packed_rows_call *c, tk_int j, int8_t *row) {
    tk_int count;
    const struct tk_rests *rests = tk_rests_of(c->layout, c->packed, c->n, c->k);
    for (const struct tk_rest *rest = tk_rests_in(rests, c->n, j / TK_REST_COLUMNS, &count), *end = rest + count; rest < end; rest++) {
        if (rest->column == j % TK_REST_COLUMNS) row[rest->input] += rest->weight;
    }
}

/// Rows first ..< last of y.
static void gather_packed_rows(const void *context, tk_int first, tk_int last) {
    const struct packed_rows_call *c = context;
    tk_int bytes = tk_panel_bytes(c->layout, c->k);
    for (tk_int i = first; i < last; i++) {
        tk_int j = tk_index_at(c->index_type, c->index, i);
        char *row = (char *)c->y + i * c->k * c->layout.width;
        copy_row(c->layout, row, c->k, (char *)c->packed + j / c->layout.panel * bytes, j % c->layout.panel, 1);
        if (c->format == TK_WEIGHT_I7_REST) add_rests_of_row(c, j, (int8_t *)row);
    }
}

tk_status tk_gather_packed(tk_weight_format format, tk_packed_layout l, const void *packed, tk_int n, tk_int k, tk_dtype index_type,
                           const void *index, tk_int count, void *y, tk_int *bad) {
    if (!is_valid(format, l, n, k) || count < 0) return TK_BAD_ARGUMENT;
    if (l.width == 0) return TK_UNSUPPORTED;
    tk_status status = tk_check_indices(index_type, index, count, n, bad);
    if (status != TK_OK || k == 0) return status;
    struct packed_rows_call call = {format, l, packed, n, k, index_type, index, y};
    // Each word is in a cache line of its own.
    tk_run_loop(tk_team(count * k * 4), count, gather_packed_rows, &call);
    return TK_OK;
}

tk_status tk_pack_levels(tk_packed_layout l, const void *weight, tk_int ldw, tk_int n, tk_int k, void *packed) {
    if (!is_valid(TK_WEIGHT_W4, l, n, k) || ldw < k) return TK_BAD_ARGUMENT;
    pack_quarters(l, 0, weight, ldw, n, k, packed);
    return TK_OK;
}

tk_status tk_unpack_levels(tk_packed_layout l, const void *packed, tk_int n, tk_int k, void *weight) {
    if (!is_valid(TK_WEIGHT_W4, l, n, k)) return TK_BAD_ARGUMENT;
    unpack_quarters(l, 0, packed, n, k, weight);
    return TK_OK;
}

int tk_packed_is_sound(tk_weight_format format, tk_packed_layout l, const void *packed, tk_int n, tk_int k) {
    if (!is_valid(format, l, n, k)) return 0;
    return format != TK_WEIGHT_I7_REST || tk_rests_are_sound(tk_rests_of(l, packed, n, k), n, k);
}
