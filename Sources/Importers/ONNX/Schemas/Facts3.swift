// Written by Scripts/onnx-schemas.py.

extension ONNXOperatorSchema {
    /// A part of the table, a line an operator and version.
    static let facts3 = """
        com.microsoft:GatedRelativePositionBias 1 query_layer query_bias rel_pos weight bias eco_a token_offset? -> output : num_heads!
        com.microsoft:GatherND 1 data indices -> output
        com.microsoft:Gelu 1 X -> Y
        com.microsoft:GemmFastGelu 1 X W bias? -> Y
        com.microsoft:GridSample 1 X Grid -> Y : align_corners=0 mode="bilinear" padding_mode="zeros"
        com.microsoft:GroupQueryAttention 1 query key? value? past_key? past_value? seqlens_k total_sequence_length cos_cache? sin_cache? \
        position_ids? attention_bias? head_sink? k_scale? v_scale? q_norm_weight? k_norm_weight? query_seqlens? -> output present_key? \
        present_value? output_qk? : causal=1 do_rotary k_norm_epsilon k_quant_type="NONE" kv_cache_bit_width kv_num_heads! \
        local_window_size=-1 num_heads! q_norm_epsilon qk_norm_epsilon=1e-06 qk_output=0 rotary_interleaved scale sliding_window_cache=0 \
        smooth_softmax=-1 softcap v_quant_type="NONE"
        com.microsoft:LinearAttention 1 query key value past_state? decay? beta? -> output present_state : chunk_size=64 kv_num_heads! \
        q_num_heads! scale=0 state_window=0 update_rule="gated_delta"
        com.microsoft:MatMulIntegerToFloat 1 A B a_scale b_scale a_zero_point? b_zero_point? bias? -> Y
        com.microsoft:MatMulNBits 1 A B scales zero_points? g_idx? bias? -> Y : K! N! accuracy_level=0 bits=4 block_size! weight_prepacked=0
        com.microsoft:MultiHeadAttention 1 query key? value? bias? key_padding_mask? attention_bias? past_key? past_value? \
        past_sequence_length? cache_indirection? -> output present_key? present_value? qk? : mask_filter_value num_heads! scale \
        unidirectional=0
        com.microsoft:PackedAttention 1 input weights bias token_offset cumulative_sequence_length attention_bias? -> output : num_heads! \
        qkv_hidden_sizes scale
        com.microsoft:PackedMultiHeadAttention 1 query key? value? bias? token_offset cumulative_sequence_length attention_bias? -> \
        output : mask_filter_value num_heads! scale
        com.microsoft:Pad 1 data pads value? -> output : mode="constant"
        com.microsoft:QAttention 1 input weight bias input_scale weight_scale mask_index? input_zero_point? weight_zero_point? past? -> \
        output present? : do_rotary mask_filter_value num_heads! past_present_share_buffer scale unidirectional=0
        com.microsoft:QGemm 1 A a_scale a_zero_point B b_scale b_zero_point C? y_scale? y_zero_point? -> Y : alpha=1 transA=0 transB=0
        com.microsoft:QLinearAdd 1 A A_scale A_zero_point? B B_scale B_zero_point? C_scale C_zero_point? -> C
        com.microsoft:QLinearAveragePool 1 X x_scale x_zero_point? y_scale y_zero_point? -> Y : auto_pad="NOTSET" ceil_mode=0 \
        channels_last=0 count_include_pad=0 kernel_shape! pads strides
        com.microsoft:QLinearConcat 1 Y_scale Y_zero_point inputs* -> Y : axis!
        com.microsoft:QLinearConv 1 x x_scale x_zero_point w w_scale w_zero_point y_scale y_zero_point B? -> y : auto_pad="NOTSET" \
        channels_last=0 dilations group=1 kernel_shape pads strides
        com.microsoft:QLinearGlobalAveragePool 1 X x_scale x_zero_point y_scale y_zero_point -> Y : channels_last=0
        com.microsoft:QLinearLeakyRelu 1 X X_scale X_zero_point? Y_scale Y_zero_point? -> Y : alpha=0.01
        com.microsoft:QLinearMul 1 A A_scale A_zero_point? B B_scale B_zero_point? C_scale C_zero_point? -> C
        com.microsoft:QLinearReduceMean 1 data data_scale data_zero_point? reduced_scale reduced_zero_point? -> reduced : axes! keepdims!
        com.microsoft:QLinearSigmoid 1 X X_scale X_zero_point? Y_scale Y_zero_point? -> Y
        com.microsoft:QLinearSoftmax 1 X X_scale x_zero_point? y_scale y_zero_point -> Y : axis=-1 opset!
        com.microsoft:QLinearWhere 1 condition X x_scale x_zero_point Y y_scale y_zero_point z_scale z_zero_point -> Z
        com.microsoft:QuantizeLinear 1 x y_scale y_zero_point? -> y : axis
        com.microsoft:QuickGelu 1 X -> Y : alpha=1.702
        com.microsoft:Range 1 start limit delta? -> Y
        com.microsoft:RelativePositionBias 1 bias_table query_length key_length -> output : is_bidirectional=0 max_distance!
        com.microsoft:RemovePadding 1 input sequence_token_count -> output token_offset cumulated_seq_len max_seq_len
        com.microsoft:RestorePadding 1 input token_offset -> output
        com.microsoft:RotaryEmbedding 1 input position_ids cos_cache sin_cache -> output : interleaved is_packed_batching num_heads \
        rotary_embedding_dim scale
        com.microsoft:SkipLayerNormalization 1 input skip gamma beta? bias? -> output mean? inv_std_var? input_skip_bias_sum? : \
        epsilon=1e-12
        com.microsoft:SkipSimplifiedLayerNormalization 1 input skip gamma bias? -> output mean? inv_std_var? input_skip_bias_sum? : \
        epsilon=1e-12
        com.microsoft:SwiGLU 1 gate up? -> output : activation_alpha=1 activation_beta=0 limit=0 round_activation=0
        com.microsoft:TransposeMatMul 1 A B -> Y : alpha=1 transA=0 transB=0
        com.microsoft:Trilu 1 X k? -> Y : upper=1
        com.microsoft:Unique 1 x -> y idx counts
        """
}
