/// What sets the formats of packed weights apart, as one table.
#ifndef TK_WEIGHT_TRAITS_H
#define TK_WEIGHT_TRAITS_H

#include "../isa.h"

struct tk_packed_call;
struct tk_panels;
struct tk_panel_block;

/// A format as one instruction set multiplies it.
struct tk_weight_traits {
    /// Bytes of an element, 0 for two to a byte; neighbouring inputs in one word of an instruction's operand.
    tk_int width, group;
    /// Whether panels are widened before the product, and whether rows of x are converted.
    int widens, converts;
    /// Products of integers: x rounded to 8 bits, sums of columns behind the panels.
    int integer;
    /// x rounded to 8 bits without a zero point, and sums of its groups behind each row: see families/w4a8.inc.
    int symmetric;
    /// Scales of outputs, and of groups of their inputs.
    int scale, group_scale;
    /// Whether weights are reduced to half range and the rest lies behind the sums (`tk_rests`).
    int rest;
    /// Whether convolutions take it.
    int convolves;
    /// Most rows for which reading each weight once is faster than panels, which fetch ahead (`tessera kernels --bench`).
    tk_int few_limit;
    /// Rows that share a weight while it is in a register; with one more, accumulators would leave theirs on AVX2.
    tk_int few_at_once;
    /// tile [m, columns] = rows [i0, i0 + m) of x times panels, m <= few_at_once: each weight is read once.
    void (*few_rows)(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile);
    /// tile [m, panel] (+)= words of m rows from i0 times the same words of one panel.
    void (*panel_block)(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile);
};

/// NULL for a format that is none.
const struct tk_weight_traits *tk_weight_traits_of(tk_weight_format format, const struct tk_isa_table *isa);

/// Bytes of one weight of a convolution; 0 for a format that convolutions do not take.
tk_int tk_conv_weight_width(tk_weight_format format);

#endif
