// Separable resize with weights that sum to 1.
#include "check.h"

static tk_status run_resize(const void *context, void *y) {
    tk_resize_args args = *(const tk_resize_args *)context;
    args.y = y;
    return tk_resize_separable(&args, check_scratch(tk_resize_scratch(&args, 1)));
}

static const int32_t *random_indices(tk_int n, tk_int limit) {
    int32_t *index = check_memory(n * (tk_int)sizeof *index);
    for (tk_int i = 0; i < n; i++) index[i] = (int32_t)(check_random() % (uint32_t)limit);
    return index;
}

static const float *random_weights(tk_int n, tk_int taps) {
    float *weight = check_floats(n * taps, 0, 1);
    for (tk_int i = 0; i < n; i++) {
        float sum = 0;
        for (tk_int t = 0; t < taps; t++) sum += weight[i * taps + t];
        for (tk_int t = 0; t < taps; t++) weight[i * taps + t] /= sum;
    }
    return weight;
}

void check_resize(void) {
    check_covers("axpy");
    static const tk_int sizes[][5] = {{13, 17, 29, 47, 2}, {40, 31, 9, 16, 4}, {5, 5, 3, 1, 3}, {8, 20, 16, 33, 1}};
    check_begin("resize");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const tk_int *s = sizes[i], taps = s[4];
        tk_resize_args args = {
            .x = check_floats(2 * s[0] * s[1], -1, 1), .planes = 2, .height = s[0], .width = s[1], .out_height = s[2],
            .out_width = s[3], .row_taps = taps, .row_index = random_indices(s[2] * taps, s[0]),
            .row_weight = random_weights(s[2], taps), .column_taps = taps,
            .column_index = random_indices(s[3] * taps, s[1]), .column_weight = random_weights(s[3], taps),
        };
        check_case("%td x %td to %td x %td, %td taps", s[0], s[1], s[2], s[3], taps);
        check_close(run_resize, &args, 2 * s[2] * s[3], (check_bound){.absolute = (double)(2 * taps) * 0x1p-23});
    }
}
