#include "conv_shared.h"

static int takes_kernel(tk_conv_algorithm algorithm, tk_int kernel_h, tk_int kernel_w) {
    int winograd = algorithm == TK_CONV_WINOGRAD_2 || algorithm == TK_CONV_WINOGRAD_4;
    return winograd ? kernel_h == 3 && kernel_w == 3 : algorithm == TK_CONV_DIRECT || algorithm == TK_CONV_DEPTHWISE;
}

size_t tk_conv_nhwc_packed_bytes(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, tk_int in_channels,
                                 tk_int out_channels, tk_int kernel_h, tk_int kernel_w) {
    if (in_channels <= 0 || out_channels <= 0 || kernel_h <= 0 || kernel_w <= 0 || panel <= 0) return 0;
    if (!takes_kernel(algorithm, kernel_h, kernel_w)) return 0;
    tk_int columns = tk_ceil_div(out_channels, panel) * panel;
    return (size_t)(tk_conv_weight_width(format) * kernel_h * kernel_w * in_channels * columns);
}

/// Moves weights between `plain` [out, in, taps] and `packed`, in whichever direction `unpacks` says.
struct pack_call {
    tk_int panel, in, out, taps, width;
    /// Elements from one channel, and from one tap, to the next in a panel.
    tk_int channel, tap;
    int unpacks;
    char *plain, *packed;
};

#define TK_MOVE_LANE(type)                                                                                        \
    for (tk_int c = 0; c < call->in; c++) {                                                                       \
        for (tk_int t = 0; t < call->taps; t++) {                                                                 \
            type *inside = (type *)packed + t * call->tap + c * call->channel + lane;                             \
            type *outside = (type *)plain + c * call->taps + t;                                                   \
            if (call->unpacks) *outside = *inside; else *inside = *outside;                                       \
        }                                                                                                         \
    }

/// packed [tap, c, lane], or [c, tap, lane], and plain [c, tap].
static void move_lane(const struct pack_call *call, char *plain, char *packed, tk_int lane) {
    switch (call->width) {
    case 4: TK_MOVE_LANE(float) break;
    case 2: TK_MOVE_LANE(uint16_t) break;
    default: TK_MOVE_LANE(uint8_t) break;
    }
}

/// One panel, with zeros beyond the last output channel.
static void move_panel(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct pack_call *call = context;
    tk_int lanes = tk_min_int(call->panel, call->out - task * call->panel);
    tk_int row = call->taps * call->in * call->width;
    char *packed = call->packed + task * call->panel * row;
    if (!call->unpacks && lanes < call->panel) memset(packed, 0, (size_t)(call->panel * row));
    for (tk_int lane = 0; lane < lanes; lane++) {
        move_lane(call, call->plain + (task * call->panel + lane) * row, packed, lane);
    }
}

static tk_status move_filter(tk_conv_algorithm algorithm, struct pack_call *call, tk_weight_format format,
                             tk_int kernel_h, tk_int kernel_w) {
    if (call->in <= 0 || call->out <= 0 || kernel_h <= 0 || kernel_w <= 0 || call->panel <= 0) return TK_BAD_ARGUMENT;
    call->width = tk_conv_weight_width(format);
    call->taps = kernel_h * kernel_w;
    if (call->width == 0 || !takes_kernel(algorithm, kernel_h, kernel_w)) return TK_UNSUPPORTED;
    int direct = algorithm == TK_CONV_DIRECT || algorithm == TK_CONV_DEPTHWISE;
    call->channel = direct ? call->panel : call->taps * call->panel;
    call->tap = direct ? call->in * call->panel : call->panel;
    tk_int panels = tk_ceil_div(call->out, call->panel);
    tk_run_tasks(tk_team(call->taps * call->in * call->out), panels, move_panel, call);
    return TK_OK;
}

tk_status tk_conv_nhwc_pack(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, const void *weight,
                            tk_int in_channels, tk_int out_channels, tk_int kernel_h, tk_int kernel_w, void *packed) {
    struct pack_call call = {.panel = panel, .in = in_channels, .out = out_channels, .unpacks = 0,
                             .plain = (char *)(uintptr_t)weight, .packed = packed};
    return move_filter(algorithm, &call, format, kernel_h, kernel_w);
}

tk_status tk_conv_nhwc_unpack(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, const void *packed,
                              tk_int in_channels, tk_int out_channels, tk_int kernel_h, tk_int kernel_w, void *weight) {
    struct pack_call call = {.panel = panel, .in = in_channels, .out = out_channels, .unpacks = 1, .plain = weight,
                             .packed = (char *)(uintptr_t)packed};
    return move_filter(algorithm, &call, format, kernel_h, kernel_w);
}
