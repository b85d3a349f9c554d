#include "conv_nhwc.h"

static int takes_kernel(tk_conv_algorithm algorithm, tk_int kernel_h, tk_int kernel_w) {
    return algorithm == TK_CONV_DIRECT ||
           ((unsigned)algorithm <= TK_CONV_WINOGRAD_4 && kernel_h == 3 && kernel_w == 3);
}

size_t tk_conv_nhwc_packed_bytes(tk_conv_algorithm algorithm, tk_weight_format format, tk_int in_channels,
                                 tk_int out_channels, tk_int kernel_h, tk_int kernel_w) {
    if (!takes_kernel(algorithm, kernel_h, kernel_w)) return 0;
    tk_int panel = tk_isa()->panel, columns = tk_ceil_div(out_channels, panel) * panel;
    return (size_t)(tk_conv_weight_width(format) * kernel_h * kernel_w * in_channels * columns);
}

struct pack_call {
    tk_int panel, in, out, taps, width;
    /// Lanes from one channel, and from one tap, to the next.
    tk_int channel, tap;
    const char *weight;
    char *packed;
};

#define TK_PACK_LANE(type)                                                                                        \
    for (tk_int c = 0; c < call->in; c++) {                                                                       \
        for (tk_int t = 0; t < call->taps; t++) {                                                                 \
            ((type *)packed)[t * call->tap + c * call->channel + lane] = ((const type *)weight)[c * call->taps + t]; \
        }                                                                                                         \
    }

/// packed[tap, c, lane], or [c, tap, lane], = weight[c, tap].
static void pack_lane(const struct pack_call *call, const char *weight, char *packed, tk_int lane) {
    switch (call->width) {
    case 4: TK_PACK_LANE(uint32_t) break;
    case 2: TK_PACK_LANE(uint16_t) break;
    default: TK_PACK_LANE(uint8_t) break;
    }
}

/// One panel, with zeros beyond the last output channel.
static void pack_panel(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct pack_call *call = context;
    tk_int lanes = tk_min_int(call->panel, call->out - task * call->panel);
    tk_int row = call->taps * call->in * call->width;
    char *packed = call->packed + task * call->panel * row;
    if (lanes < call->panel) memset(packed, 0, (size_t)(call->panel * row));
    for (tk_int lane = 0; lane < lanes; lane++) {
        pack_lane(call, call->weight + (task * call->panel + lane) * row, packed, lane);
    }
}

tk_status tk_conv_nhwc_pack(tk_conv_algorithm algorithm, tk_weight_format format, const void *weight, tk_int in_channels,
                            tk_int out_channels, tk_int kernel_h, tk_int kernel_w, void *packed) {
    if (in_channels <= 0 || out_channels <= 0 || kernel_h <= 0 || kernel_w <= 0) return TK_BAD_ARGUMENT;
    tk_int width = tk_conv_weight_width(format), panel = tk_isa()->panel, taps = kernel_h * kernel_w;
    if (width == 0 || !takes_kernel(algorithm, kernel_h, kernel_w)) return TK_UNSUPPORTED;
    struct pack_call call = {.panel = panel, .in = in_channels, .out = out_channels, .taps = taps, .width = width,
                             .weight = weight, .packed = packed};
    int direct = algorithm == TK_CONV_DIRECT;
    call.channel = direct ? panel : taps * panel;
    call.tap = direct ? in_channels * panel : panel;
    tk_run_tasks(tk_team(taps * in_channels * out_channels), tk_ceil_div(out_channels, panel), pack_panel, &call);
    return TK_OK;
}
