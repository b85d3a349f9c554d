// Written by Scripts/onnx-schemas.py.

extension ONNXOperatorSchema {
    /// A part of the table, a line an operator and version.
    static let facts1 = """
        Abs 1 X -> Y : consumed_inputs
        Abs 6 X -> Y
        Acos 7 input -> output
        Acosh 9 input -> output
        Add 1 A B -> C : axis broadcast=0 consumed_inputs
        Add 6 A B -> C : axis broadcast=0
        Add 7 A B -> C
        AffineGrid 20 theta size -> grid : align_corners=0
        And 1 A B -> C : axis broadcast=0
        And 7 A B -> C
        ArgMax 1 data -> reduced : axis=0 keepdims=1
        ArgMax 12 data -> reduced : axis=0 keepdims=1 select_last_index=0
        ArgMin 1 data -> reduced : axis=0 keepdims=1
        ArgMin 12 data -> reduced : axis=0 keepdims=1 select_last_index=0
        Asin 7 input -> output
        Asinh 9 input -> output
        Atan 7 input -> output
        Atanh 9 input -> output
        Attention 23 Q K V attn_mask? past_key? past_value? -> Y present_key? present_value? qk_matmul_output? : is_causal=0 kv_num_heads \
        q_num_heads qk_matmul_output_mode=0 scale softcap=0 softmax_precision
        Attention 24 Q K V attn_mask? past_key? past_value? nonpad_kv_seqlen? -> Y present_key? present_value? qk_matmul_output? : \
        is_causal=0 kv_num_heads q_num_heads qk_matmul_output_mode=0 scale softcap=0 softmax_precision
        Attention 25 Q K V attn_mask? past_key? past_value? nonpad_kv_seqlen? -> Y present_key? present_value? qk_matmul_output? : \
        is_causal=0 kv_num_heads left_window_size=-1 q_num_heads qk_matmul_output_mode=0 right_window_size=-1 scale softcap=0 \
        softmax_precision
        AveragePool 1 X -> Y : auto_pad="NOTSET" kernel_shape! pads strides
        AveragePool 7 X -> Y : auto_pad="NOTSET" count_include_pad=0 kernel_shape! pads strides
        AveragePool 10 X -> Y : auto_pad="NOTSET" ceil_mode=0 count_include_pad=0 kernel_shape! pads strides
        AveragePool 19 X -> Y : auto_pad="NOTSET" ceil_mode=0 count_include_pad=0 dilations kernel_shape! pads strides
        BatchNormalization 1 X scale B mean var -> Y mean? var? saved_mean? saved_var? : consumed_inputs! epsilon=1e-05 is_test=0 \
        momentum=0.9 spatial=1
        BatchNormalization 6 X scale B mean var -> Y mean? var? saved_mean? saved_var? : epsilon=1e-05 is_test=0 momentum=0.9 spatial=1
        BatchNormalization 7 X scale B mean var -> Y mean? var? saved_mean? saved_var? : epsilon=1e-05 momentum=0.9 spatial=1
        BatchNormalization 9 X scale B mean var -> Y mean? var? saved_mean? saved_var? : epsilon=1e-05 momentum=0.9
        BatchNormalization 14 X scale B input_mean input_var -> Y running_mean? running_var? : epsilon=1e-05 momentum=0.9 training_mode=0
        Bernoulli 15 input -> output : dtype seed
        BitCast 26 input -> output : to!
        BitShift 11 X Y -> Z : direction!
        BitwiseAnd 18 A B -> C
        BitwiseNot 18 X -> Y
        BitwiseOr 18 A B -> C
        BitwiseXor 18 A B -> C
        BlackmanWindow 17 size -> output : output_datatype=1 periodic=1
        Cast 1 input -> output : to!
        Cast 19 input -> output : saturate=1 to!
        Cast 24 input -> output : round_mode="up" saturate=1 to!
        CastLike 15 input target_type -> output
        CastLike 19 input target_type -> output : saturate=1
        CastLike 24 input target_type -> output : round_mode="up" saturate=1
        CausalConvWithState 27 input weight bias? past_state? -> output present_state : activation="none"
        Ceil 1 X -> Y : consumed_inputs
        Ceil 6 X -> Y
        Celu 12 X -> Y : alpha=1
        CenterCropPad 18 input_data shape -> output_data : axes
        Clip 1 input -> output : consumed_inputs max min
        Clip 6 input -> output : max=3.4028235e+38 min=-3.4028235e+38
        Clip 11 input min? max? -> output
        Col2Im 18 input image_shape block_shape -> output : dilations pads strides
        Compress 9 input condition -> output : axis
        Concat 1 inputs* -> concat_result : axis
        Concat 4 inputs* -> concat_result : axis!
        ConcatFromSequence 11 input_sequence -> concat_result : axis! new_axis=0
        Constant 1  -> output : value!
        Constant 11  -> output : sparse_value value
        Constant 12  -> output : sparse_value value value_float value_floats value_int value_ints value_string value_strings
        ConstantOfShape 9 input -> output : value
        Conv 1 X W B? -> Y : auto_pad="NOTSET" dilations group=1 kernel_shape pads strides
        ConvInteger 10 x w x_zero_point? w_zero_point? -> y : auto_pad="NOTSET" dilations group=1 kernel_shape pads strides
        ConvTranspose 1 X W B? -> Y : auto_pad="NOTSET" dilations group=1 kernel_shape output_padding output_shape pads strides
        Cos 7 input -> output
        Cosh 9 input -> output
        CumProd 26 x axis -> y : exclusive=0 reverse=0
        CumSum 11 x axis -> y : exclusive=0 reverse=0
        DFT 17 input dft_length? -> output : axis=1 inverse=0 onesided=0
        DFT 20 input dft_length? axis? -> output : inverse=0 onesided=0
        DeformConv 19 X W offset B? mask? -> Y : dilations group=1 kernel_shape offset_group=1 pads strides
        DepthToSpace 1 input -> output : blocksize!
        DepthToSpace 11 input -> output : blocksize! mode="DCR"
        DequantizeLinear 10 x x_scale x_zero_point? -> y
        DequantizeLinear 13 x x_scale x_zero_point? -> y : axis=1
        DequantizeLinear 21 x x_scale x_zero_point? -> y : axis=1 block_size=0
        DequantizeLinear 23 x x_scale x_zero_point? -> y : axis=1 block_size=0 output_dtype=0
        Det 11 X -> Y
        Div 1 A B -> C : axis broadcast=0 consumed_inputs
        Div 6 A B -> C : axis broadcast=0
        Div 7 A B -> C
        Dropout 1 data -> output mask? : consumed_inputs is_test=0 ratio=0.5
        Dropout 6 data -> output mask? : is_test=0 ratio=0.5
        Dropout 7 data -> output mask? : ratio=0.5
        Dropout 12 data ratio? training_mode? -> output mask? : seed
        DynamicQuantizeLinear 11 x -> y y_scale y_zero_point
        Einsum 12 Inputs* -> Output : equation!
        Elu 1 X -> Y : alpha=1 consumed_inputs
        Elu 6 X -> Y : alpha=1
        Equal 1 A B -> C : axis broadcast=0
        Equal 7 A B -> C
        Erf 9 input -> output
        Exp 1 input -> output : consumed_inputs
        Exp 6 input -> output
        Expand 8 input shape -> output
        EyeLike 9 input -> output : dtype k=0
        Flatten 1 input -> output : axis=1
        Floor 1 X -> Y : consumed_inputs
        Floor 6 X -> Y
        GRU 1 X W R B? sequence_lens? initial_h? -> Y? Y_h : activation_alpha activation_beta activations clip direction="foward" \
        hidden_size output_sequence=0
        GRU 3 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations clip direction="forward" \
        hidden_size linear_before_reset=0 output_sequence=0
        GRU 7 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations clip direction="forward" \
        hidden_size linear_before_reset=0
        GRU 14 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations clip direction="forward" \
        hidden_size layout=0 linear_before_reset=0
        Gather 1 data indices -> output : axis=0
        GatherElements 11 data indices -> output : axis=0
        GatherND 11 data indices -> output
        GatherND 12 data indices -> output : batch_dims=0
        Gelu 20 X -> Y : approximate="none"
        Gemm 1 A B C -> Y : alpha=1 beta=1 broadcast=0 transA=0 transB=0
        Gemm 7 A B C -> Y : alpha=1 beta=1 transA=0 transB=0
        Gemm 11 A B C? -> Y : alpha=1 beta=1 transA=0 transB=0
        GlobalAveragePool 1 X -> Y
        GlobalLpPool 1 X -> Y : p=2
        GlobalMaxPool 1 X -> Y
        Greater 1 A B -> C : axis broadcast=0
        Greater 7 A B -> C
        GreaterOrEqual 12 A B -> C
        GridSample 16 X grid -> Y : align_corners=0 mode="bilinear" padding_mode="zeros"
        GridSample 20 X grid -> Y : align_corners=0 mode="linear" padding_mode="zeros"
        GroupNormalization 18 X scale bias -> Y : epsilon=1e-05 num_groups!
        GroupNormalization 21 X scale bias -> Y : epsilon=1e-05 num_groups! stash_type=1
        HammingWindow 17 size -> output : output_datatype=1 periodic=1
        HannWindow 17 size -> output : output_datatype=1 periodic=1
        HardSigmoid 1 X -> Y : alpha=0.2 beta=0.5 consumed_inputs
        HardSigmoid 6 X -> Y : alpha=0.2 beta=0.5
        HardSwish 14 X -> Y
        Hardmax 1 input -> output : axis=1
        Hardmax 13 input -> output : axis=-1
        Identity 1 input -> output
        If 1 cond -> outputs* : else_branch! then_branch!
        InstanceNormalization 1 input scale B -> output : consumed_inputs epsilon=1e-05
        InstanceNormalization 6 input scale B -> output : epsilon=1e-05
        IsInf 10 X -> Y : detect_negative=1 detect_positive=1
        IsNaN 9 X -> Y
        LRN 1 X -> Y : alpha=1e-04 beta=0.75 bias=1 size!
        LSTM 1 X W R B? sequence_lens? initial_h? initial_c? P? -> Y? Y_h? Y_c? : activation_alpha activation_beta activations clip \
        direction="forward" hidden_size input_forget=0 output_sequence=0
        LSTM 7 X W R B? sequence_lens? initial_h? initial_c? P? -> Y? Y_h? Y_c? : activation_alpha activation_beta activations clip \
        direction="forward" hidden_size input_forget=0
        LSTM 14 X W R B? sequence_lens? initial_h? initial_c? P? -> Y? Y_h? Y_c? : activation_alpha activation_beta activations clip \
        direction="forward" hidden_size input_forget=0 layout=0
        LayerNormalization 17 X Scale B? -> Y Mean? InvStdDev? : axis=-1 epsilon=1e-05 stash_type=1
        LeakyRelu 1 X -> Y : alpha=0.01 consumed_inputs
        LeakyRelu 6 X -> Y : alpha=0.01
        Less 1 A B -> C : axis broadcast=0
        Less 7 A B -> C
        LessOrEqual 12 A B -> C
        LinearAttention 27 query key value past_state? decay? beta? -> output present_state : chunk_size=64 kv_num_heads! q_num_heads! \
        scale=0 update_rule="gated_delta"
        Log 1 input -> output : consumed_inputs
        Log 6 input -> output
        LogSoftmax 1 input -> output : axis=1
        LogSoftmax 13 input -> output : axis=-1
        Loop 1 M? cond? v_initial* -> v_final_and_scan_outputs* : body!
        LpNormalization 1 input -> output : axis=-1 p=2
        LpPool 1 X -> Y : auto_pad="NOTSET" kernel_shape p=2 pads strides
        LpPool 2 X -> Y : auto_pad="NOTSET" kernel_shape! p=2 pads strides
        LpPool 18 X -> Y : auto_pad="NOTSET" ceil_mode=0 dilations kernel_shape! p=2 pads strides
        MatMul 1 A B -> Y
        MatMulInteger 10 A B a_zero_point? b_zero_point? -> Y
        Max 1 data_0* -> max : consumed_inputs
        Max 6 data_0* -> max
        MaxPool 1 X -> Y : auto_pad="NOTSET" kernel_shape! pads strides
        MaxPool 8 X -> Y Indices? : auto_pad="NOTSET" kernel_shape! pads storage_order=0 strides
        MaxPool 10 X -> Y Indices? : auto_pad="NOTSET" ceil_mode=0 dilations kernel_shape! pads storage_order=0 strides
        MaxRoiPool 1 X rois -> Y : pooled_shape! spatial_scale=1
        MaxUnpool 9 X I output_shape? -> output : kernel_shape! pads strides
        Mean 1 data_0* -> mean : consumed_inputs
        Mean 6 data_0* -> mean
        MeanVarianceNormalization 9 X -> Y : axes=[0,2,3]
        MelWeightMatrix 17 num_mel_bins dft_length sample_rate lower_edge_hertz upper_edge_hertz -> output : output_datatype=1
        Min 1 data_0* -> min : consumed_inputs
        Min 6 data_0* -> min
        Mish 18 X -> Y
        Mod 10 A B -> C : fmod=0
        Mul 1 A B -> C : axis broadcast=0 consumed_inputs
        Mul 6 A B -> C : axis broadcast=0
        Mul 7 A B -> C
        Multinomial 7 input -> output : dtype=6 sample_size=1 seed
        Neg 1 X -> Y : consumed_inputs
        Neg 6 X -> Y
        NegativeLogLikelihoodLoss 12 input target weight? -> loss : ignore_index reduction="mean"
        NonMaxSuppression 10 boxes scores max_output_boxes_per_class? iou_threshold? score_threshold? -> selected_indices : \
        center_point_box=0
        NonZero 9 X -> Y
        Not 1 X -> Y
        OneHot 9 indices depth values -> output : axis=-1
        Optional 15 input? -> output : type
        OptionalGetElement 15 input -> output
        OptionalHasElement 15 input -> output
        OptionalHasElement 18 input? -> output
        Or 1 A B -> C : axis broadcast=0
        Or 7 A B -> C
        PRelu 1 X slope -> Y : consumed_inputs
        PRelu 6 X slope -> Y
        Pad 1 data -> output : mode="constant" paddings! value=0
        Pad 2 data -> output : mode="constant" pads! value=0
        Pad 11 data pads constant_value? -> output : mode="constant"
        Pad 18 data pads constant_value? axes? -> output : mode="constant"
        Pow 1 X Y -> Z : axis broadcast=0
        Pow 7 X Y -> Z
        QLinearConv 10 x x_scale x_zero_point w w_scale w_zero_point y_scale y_zero_point B? -> y : auto_pad="NOTSET" dilations group=1 \
        kernel_shape pads strides
        QLinearMatMul 10 a a_scale a_zero_point b b_scale b_zero_point y_scale y_zero_point -> y
        QuantizeLinear 10 x y_scale y_zero_point? -> y
        QuantizeLinear 13 x y_scale y_zero_point? -> y : axis=1
        QuantizeLinear 19 x y_scale y_zero_point? -> y : axis=1 saturate=1
        QuantizeLinear 21 x y_scale y_zero_point? -> y : axis=1 block_size=0 output_dtype=0 saturate=1
        QuantizeLinear 23 x y_scale y_zero_point? -> y : axis=1 block_size=0 output_dtype=0 precision=0 saturate=1
        RMSNormalization 23 X scale -> Y : axis=-1 epsilon=1e-05 stash_type=1
        RNN 1 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations=[Tanh,Tanh] clip \
        direction="forward" hidden_size output_sequence=0
        RNN 7 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations=[Tanh,Tanh] clip \
        direction="forward" hidden_size
        RNN 14 X W R B? sequence_lens? initial_h? -> Y? Y_h? : activation_alpha activation_beta activations=[Tanh,Tanh] clip \
        direction="forward" hidden_size layout=0
        RandomNormal 1  -> output : dtype=1 mean=0 scale=1 seed shape!
        RandomNormalLike 1 input -> output : dtype mean=0 scale=1 seed
        """
}
