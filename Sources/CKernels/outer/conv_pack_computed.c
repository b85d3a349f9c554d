// Filters that are computed, packed anew at each run: blocks of filters are transposed by vectors, a panel of outputs at a time.
#include "conv_shared.h"

/// Rows of a panel that are transposed at a time, and fewest floats of a filter that are worth a task.
enum { ROWS = 512, SHARE = 16384 };

struct computed_call {
    const struct tk_isa_table *isa;
    tk_int in, out, taps;
    /// Input channels of one task, and tasks of one panel.
    tk_int channels, shares;
    int turned, direct;
    const float *weight;
    float *packed;
};

/// Row of the panel where channel c and tap t stand.
static tk_int row_of(const struct computed_call *call, tk_int c, tk_int t) {
    return call->direct ? t * call->in + c : c * call->taps + t;
}

/// Channels [c, c + n) of `lanes` outputs from `first`: weight [out, in, taps].
static void pack_plain(const struct computed_call *call, tk_int first, tk_int lanes, tk_int c, tk_int n, float *to, float *work) {
    tk_int panel = call->isa->panel, row = call->in * call->taps;
    const float *from = call->weight + first * row + c * call->taps;
    if (!call->direct || call->taps == 1) {
        call->isa->gemm_pack(from, 1, row, n * call->taps, lanes, to + c * call->taps * panel);
        return;
    }
    call->isa->gemm_pack(from, 1, row, n * call->taps, lanes, work);
    for (tk_int i = 0; i < n; i++) {
        for (tk_int t = 0; t < call->taps; t++) {
            memcpy(to + row_of(call, c + i, t) * panel, work + (i * call->taps + t) * panel, (size_t)panel * sizeof(float));
        }
    }
}

/// The same of weight [in, out, taps], taps in the opposite order.
static void pack_turned(const struct computed_call *call, tk_int first, tk_int lanes, tk_int c, tk_int n, float *to, float *work) {
    tk_int panel = call->isa->panel;
    for (tk_int i = c; i < c + n; i++) {
        for (tk_int t0 = 0; t0 < call->taps; t0 += ROWS) {
            tk_int count = tk_min_int(ROWS, call->taps - t0);
            call->isa->gemm_pack(call->weight + (i * call->out + first) * call->taps + t0, 1, call->taps, count, lanes, work);
            for (tk_int t = 0; t < count; t++) {
                memcpy(to + row_of(call, i, call->taps - 1 - t0 - t) * panel, work + t * panel, (size_t)panel * sizeof(float));
            }
        }
    }
}

static void run_panel(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct computed_call *call = context;
    tk_int panel = call->isa->panel, first = task / call->shares * panel, begin = task % call->shares * call->channels;
    tk_int end = tk_min_int(begin + call->channels, call->in), lanes = tk_min_int(panel, call->out - first);
    float work[ROWS * TK_WIDEST_PANEL], *to = call->packed + first * call->in * call->taps;
    tk_int step = call->taps >= ROWS ? 1 : ROWS / call->taps;
    for (tk_int c = begin; c < end; c += step) {
        tk_int n = tk_min_int(step, end - c);
        if (call->turned) pack_turned(call, first, lanes, c, n, to, work);
        else pack_plain(call, first, lanes, c, n, to, work);
    }
}

tk_status tk_conv_nhwc_pack_computed(tk_conv_algorithm algorithm, const float *weight, tk_int in_channels, tk_int out_channels,
                                     tk_int kernel_h, tk_int kernel_w, int turned, float *packed) {
    struct computed_call call = {.isa = tk_isa(), .in = in_channels, .out = out_channels, .taps = kernel_h * kernel_w, .turned = turned,
                                 .weight = weight, .packed = packed};
    if (tk_conv_nhwc_packed_bytes(algorithm, TK_WEIGHT_F32, call.isa->panel, in_channels, out_channels, kernel_h, kernel_w) == 0) {
        return TK_UNSUPPORTED;
    }
    call.direct = algorithm == TK_CONV_DIRECT || algorithm == TK_CONV_DEPTHWISE;
    // More taps than are transposed at a time have their rows apart in a filter that is not turned.
    if (!turned && call.taps > ROWS && call.direct) {
        return tk_conv_nhwc_pack(algorithm, TK_WEIGHT_F32, call.isa->panel, weight, in_channels, out_channels, kernel_h, kernel_w, packed);
    }
    call.channels = tk_max_int(SHARE / (call.taps * call.isa->panel), 1);
    call.shares = tk_ceil_div(in_channels, call.channels);
    tk_int panels = tk_ceil_div(out_channels, call.isa->panel);
    tk_run_tasks(tk_team(in_channels * out_channels * call.taps), panels * call.shares, run_panel, &call);
    return TK_OK;
}
