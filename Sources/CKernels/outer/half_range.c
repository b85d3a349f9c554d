#include "half_range.h"
#include "../threads.h"

#include <string.h>

typedef int16_t lanes8 __attribute__((ext_vector_type(8)));
typedef int16_t lanes4 __attribute__((ext_vector_type(4)));
typedef int16_t lanes2 __attribute__((ext_vector_type(2)));

/// Up to eight neighbouring weights and zeros beyond.
static lanes8 eight_weights(const int8_t *weight, tk_int count) {
    int8_t narrow __attribute__((ext_vector_type(8))) = 0;
    if (count >= 8) {
        memcpy(&narrow, weight, 8);
    } else {
        memcpy(&narrow, weight, (size_t)count);
    }
    return __builtin_convertvector(narrow, lanes8);
}

/// Inputs 0, 1, 4, 5 and 2, 3, 6, 7, whose products meet, added up.
static lanes2 meeting(lanes8 v) {
    lanes4 pairs = v.lo + v.hi;
    return pairs.even + pairs.odd;
}

static int row_is_half_range(const int8_t *weight, tk_int k) {
    lanes8 low = 0, high = 0;
    lanes2 least = 0, most = 0;
    for (tk_int p = 0; p < k; p += 8) {
        lanes8 v = eight_weights(weight + p, k - p);
        low = __builtin_elementwise_min(low, v);
        high = __builtin_elementwise_max(high, v);
        least = __builtin_elementwise_min(least, meeting(__builtin_elementwise_min(v, (lanes8)0)));
        most = __builtin_elementwise_max(most, meeting(__builtin_elementwise_max(v, (lanes8)0)));
    }
    return __builtin_reduce_min(low) >= -64 && __builtin_reduce_max(high) <= 64 &&
           __builtin_reduce_min(least) >= -TK_HALF_RANGE_SUM && __builtin_reduce_max(most) <= TK_HALF_RANGE_SUM;
}

int tk_is_half_range(const int8_t *weight, tk_int n, tk_int k) {
    for (tk_int j = 0; j < n; j++) {
        if (!row_is_half_range(weight + j * k, k)) return 0;
    }
    return 1;
}

static int exceeds(lanes8 v) {
    lanes2 least = meeting(__builtin_elementwise_min(v, (lanes8)0)), most = meeting(__builtin_elementwise_max(v, (lanes8)0));
    return __builtin_reduce_min(least) < -TK_HALF_RANGE_SUM || __builtin_reduce_max(most) > TK_HALF_RANGE_SUM;
}

/// rest[8] of weights that meet, those of one sign at a time: what the largest have too much.
static void find_rest(lanes8 weights, int16_t *rest) {
    memset(rest, 0, 8 * sizeof *rest);
    for (int half = 0; half < 4; half += 2) {
        for (int sign = -1; sign <= 1; sign += 2) {
            int at[4] = {half, half + 1, half + 4, half + 5}, over = -TK_HALF_RANGE_SUM;
            for (int i = 0; i < 4; i++) over += weights[at[i]] * sign > 0 ? weights[at[i]] * sign : 0;
            while (over > 0) {
                int largest = 0;
                for (int i = 1; i < 4; i++) {
                    if (weights[at[i]] * sign > weights[at[largest]] * sign) largest = i;
                }
                int cut = weights[at[largest]] * sign < over ? weights[at[largest]] * sign : over;
                weights[at[largest]] = (int16_t)(weights[at[largest]] - sign * cut);
                rest[at[largest]] = (int16_t)(rest[at[largest]] + sign * cut);
                over -= cut;
            }
        }
    }
}

static tk_int rest_capacity(tk_int n, tk_int k) { return n * k / TK_REST_SHARE; }

static tk_int rest_blocks(tk_int n) { return tk_ceil_div(n, TK_REST_COLUMNS); }

size_t tk_rests_bytes(tk_int n, tk_int k) {
    return (size_t)(rest_blocks(n) + 1 + rest_capacity(n, k)) * sizeof(uint32_t);
}

/// The rests of row `j`, stored from `count` on if `rests` is not NULL; how many there are then. One beyond the capacity says: too many.
static tk_int row_rests(const int8_t *row, tk_int j, tk_int k, struct tk_rest *rests, tk_int count, tk_int capacity) {
    for (tk_int p = 0; p < k; p += 8) {
        lanes8 weights = eight_weights(row + p, k - p);
        if (!exceeds(weights)) continue;
        int16_t rest[8];
        find_rest(weights, rest);
        for (int i = 0; i < 8; i++) {
            if (rest[i] == 0) continue;
            if (count == capacity) return capacity + 1;
            if (rests) rests[count] = (struct tk_rest){(uint16_t)(p + i), (uint8_t)(j % TK_REST_COLUMNS), (int8_t)rest[i]};
            count++;
        }
    }
    return count;
}

tk_status tk_find_rests(const int8_t *weight, tk_int ldw, tk_int n, tk_int k, struct tk_rests *rests) {
    struct tk_rest *from = (struct tk_rest *)(rests->first + rest_blocks(n) + 1);
    tk_int count = 0, capacity = rest_capacity(n, k);
    if (k > TK_I8_DEPTH) return TK_UNSUPPORTED;
    for (tk_int j = 0; j < n; j++) {
        if (j % TK_REST_COLUMNS == 0) rests->first[j / TK_REST_COLUMNS] = (uint32_t)count;
        count = row_rests(weight + j * ldw, j, k, from, count, capacity);
        if (count > capacity) return TK_UNSUPPORTED;
    }
    rests->first[rest_blocks(n)] = (uint32_t)count;
    // Equal weights are packed into equal bytes.
    memset(from + count, 0, (size_t)(capacity - count) * sizeof *from);
    return TK_OK;
}

int tk_rests_are_sound(const struct tk_rests *rests, tk_int n, tk_int k) {
    const struct tk_rest *all = (const struct tk_rest *)(rests->first + rest_blocks(n) + 1);
    if (rests->first[0] != 0 || rests->first[rest_blocks(n)] > rest_capacity(n, k)) return 0;
    for (tk_int block = 0; block < rest_blocks(n); block++) {
        tk_int columns = tk_min_int(TK_REST_COLUMNS, n - block * TK_REST_COLUMNS);
        if (rests->first[block] > rests->first[block + 1]) return 0;
        for (uint32_t i = rests->first[block]; i < rests->first[block + 1]; i++) {
            if (all[i].input >= k || all[i].column >= columns) return 0;
        }
    }
    return 1;
}

int tk_is_nearly_half_range(const int8_t *weight, tk_int n, tk_int k) {
    tk_int count = 0, capacity = rest_capacity(n, k);
    if (k > TK_I8_DEPTH || capacity > UINT32_MAX) return 0;
    for (tk_int j = 0; j < n && count <= capacity; j++) count = row_rests(weight + j * k, j, k, NULL, count, capacity);
    return count <= capacity;
}
