/// Recurrent layers: what the state adds to the gates, step by step. Included by CKernels.h.
#ifndef TESSERA_TK_RECURRENT_H
#define TESSERA_TK_RECURRENT_H

#ifndef TESSERA_CKERNELS_H
#error "include CKernels.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What makes a new state of gates and the old one; columns of gates in the order of ONNX, `hidden` each.
typedef enum tk_cell {
    /// h' = activation(a).
    TK_CELL_RNN = 0,
    /// z, r, n: h' = (1 - z) tanh(n + W (r h)) + z h.
    TK_CELL_GRU,
    /// z, r, n: h' = (1 - z) tanh(n + r (W h + bias)) + z h.
    TK_CELL_GRU_RESET_AFTER,
    /// i, o, f, g: c' = f c + i tanh(g), h' = o tanh(c').
    TK_CELL_LSTM,
} tk_cell;

/// Arguments of `tk_recurrent`.
typedef struct tk_recurrent_args {
    tk_cell cell;
    /// Of `TK_CELL_RNN`.
    tk_activation activation;
    tk_int steps, batch, hidden;
    /// What inputs and biases add to the gates: [steps, batch, gates * hidden].
    const float *input;
    /// f32, i8 or i7 (LSTM only). `weight` [gates * hidden, hidden] is what `tk_pack_weight` made for the active instruction set;
    /// if it is NULL, `dense` is an f32 weight as it is.
    tk_weight_format format;
    const void *weight;
    const float *dense;
    /// Integer weights: [gates * hidden], what they are multiplied with, and the integer that stands for 0 (NULL: 0). Each row of
    /// the state is rounded to 8 bits as ONNX's DynamicQuantizeLinear does.
    const float *scale;
    const int32_t *zero;
    /// First states [batch, hidden]; `start_cell` of LSTM alone.
    const float *start, *start_cell;
    /// LSTM: [3, hidden], what the cell adds to i, o and f; NULL for none.
    const float *peephole;
    /// `TK_CELL_GRU_RESET_AFTER`: [hidden] or NULL.
    const float *bias;
    /// [batch]: how many steps a row has, the others give 0 and leave its state; NULL: all.
    const int64_t *lengths;
    /// Non-zero: from the last step to the first.
    int reverse;
    /// Sums of gates stay within -clip...clip; 0: anywhere.
    float clip;
    /// Hidden states [steps, batch, hidden]; the last states [batch, hidden], which may not be the first ones' memory.
    float *y, *last, *last_cell;
} tk_recurrent_args;

/// Runs the layer. `scratch` has `tk_recurrent_scratch` bytes.
tk_status tk_recurrent(const tk_recurrent_args *args, void *scratch);

/// Bytes of scratch that `tk_recurrent` needs for these sizes with up to `max_threads` threads (of pointers only whether `weight`
/// is NULL is read).
size_t tk_recurrent_scratch(const tk_recurrent_args *args, int max_threads);

#ifdef __cplusplus
}
#endif

#endif
