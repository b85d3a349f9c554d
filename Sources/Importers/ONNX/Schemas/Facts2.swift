// Written by Scripts/onnx-schemas.py.

extension ONNXOperatorSchema {
    /// A part of the table, a line an operator and version.
    static let facts2 = """
        RandomUniform 1  -> output : dtype=1 high=1 low=0 seed shape!
        RandomUniformLike 1 input -> output : dtype high=1 low=0 seed
        Range 11 start limit delta -> output
        Range 27 start limit delta -> output : stash_type=1
        Reciprocal 1 X -> Y : consumed_inputs
        Reciprocal 6 X -> Y
        ReduceL1 1 data -> reduced : axes keepdims=1
        ReduceL1 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceL2 1 data -> reduced : axes keepdims=1
        ReduceL2 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceLogSum 1 data -> reduced : axes keepdims=1
        ReduceLogSum 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceLogSumExp 1 data -> reduced : axes keepdims=1
        ReduceLogSumExp 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceMax 1 data -> reduced : axes keepdims=1
        ReduceMax 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceMean 1 data -> reduced : axes keepdims=1
        ReduceMean 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceMin 1 data -> reduced : axes keepdims=1
        ReduceMin 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceProd 1 data -> reduced : axes keepdims=1
        ReduceProd 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceSum 1 data -> reduced : axes keepdims=1
        ReduceSum 13 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        ReduceSumSquare 1 data -> reduced : axes keepdims=1
        ReduceSumSquare 18 data axes? -> reduced : keepdims=1 noop_with_empty_axes=0
        RegexFullMatch 20 X -> Y : pattern
        Relu 1 X -> Y : consumed_inputs
        Relu 6 X -> Y
        Reshape 1 data -> reshaped : consumed_inputs shape
        Reshape 5 data shape -> reshaped
        Reshape 14 data shape -> reshaped : allowzero=0
        Resize 10 X scales -> Y : mode="nearest"
        Resize 11 X roi scales sizes? -> Y : coordinate_transformation_mode="half_pixel" cubic_coeff_a=-0.75 exclude_outside=0 \
        extrapolation_value=0 mode="nearest" nearest_mode="round_prefer_floor"
        Resize 13 X roi? scales? sizes? -> Y : coordinate_transformation_mode="half_pixel" cubic_coeff_a=-0.75 exclude_outside=0 \
        extrapolation_value=0 mode="nearest" nearest_mode="round_prefer_floor"
        Resize 18 X roi? scales? sizes? -> Y : antialias=0 axes coordinate_transformation_mode="half_pixel" cubic_coeff_a=-0.75 \
        exclude_outside=0 extrapolation_value=0 keep_aspect_ratio_policy="stretch" mode="nearest" nearest_mode="round_prefer_floor"
        ReverseSequence 10 input sequence_lens -> Y : batch_axis=1 time_axis=0
        RoiAlign 10 X rois batch_indices -> Y : mode="avg" output_height=1 output_width=1 sampling_ratio=0 spatial_scale=1
        RoiAlign 16 X rois batch_indices -> Y : coordinate_transformation_mode="half_pixel" mode="avg" output_height=1 output_width=1 \
        sampling_ratio=0 spatial_scale=1
        RotaryEmbedding 23 X cos_cache sin_cache position_ids? -> Y : interleaved=0 num_heads rotary_embedding_dim=0
        Round 11 X -> Y
        STFT 17 signal frame_step window? frame_length? -> output : onesided=1
        Scan 8 sequence_lens? initial_state_and_scan_inputs* -> final_state_and_scan_outputs* : body! directions num_scan_inputs!
        Scan 9 initial_state_and_scan_inputs* -> final_state_and_scan_outputs* : body! num_scan_inputs! scan_input_axes \
        scan_input_directions scan_output_axes scan_output_directions
        Scatter 9 data indices updates -> output : axis=0
        ScatterElements 11 data indices updates -> output : axis=0
        ScatterElements 16 data indices updates -> output : axis=0 reduction="none"
        ScatterND 11 data indices updates -> output
        ScatterND 16 data indices updates -> output : reduction="none"
        Selu 1 X -> Y : alpha=1.6732 consumed_inputs gamma=1.0507
        Selu 6 X -> Y : alpha=1.6732632 gamma=1.050701
        SequenceAt 11 input_sequence position -> tensor
        SequenceConstruct 11 inputs* -> output_sequence
        SequenceEmpty 11  -> output : dtype
        SequenceErase 11 input_sequence position? -> output_sequence
        SequenceInsert 11 input_sequence tensor position? -> output_sequence
        SequenceLength 11 input_sequence -> length
        SequenceMap 17 input_sequence additional_inputs* -> out_sequence* : body!
        Shape 1 data -> shape
        Shape 15 data -> shape : end start=0
        Shrink 9 input -> output : bias=0 lambd=0.5
        Sigmoid 1 X -> Y : consumed_inputs
        Sigmoid 6 X -> Y
        Sign 9 input -> output
        Sin 7 input -> output
        Sinh 9 input -> output
        Size 1 data -> size
        Slice 1 data -> output : axes ends! starts!
        Slice 10 data starts ends axes? steps? -> output
        Softmax 1 input -> output : axis=1
        Softmax 13 input -> output : axis=-1
        SoftmaxCrossEntropyLoss 12 scores labels weights? -> output log_prob? : ignore_index reduction="mean"
        Softplus 1 X -> Y
        Softsign 1 input -> output
        SpaceToDepth 1 input -> output : blocksize!
        SpaceToDepth 28 input -> output : blocksize! mode="DCR"
        Split 1 input split? -> outputs...* : axis split
        Split 2 input -> outputs* : axis=0 split
        Split 13 input split? -> outputs* : axis=0
        Split 18 input split? -> outputs* : axis=0 num_outputs
        SplitToSequence 11 input split? -> output_sequence : axis=0 keepdims=1
        Sqrt 1 X -> Y : consumed_inputs
        Sqrt 6 X -> Y
        Squeeze 1 data -> squeezed : axes
        Squeeze 13 data axes? -> squeezed
        StringConcat 20 X Y -> Z
        StringNormalizer 10 X -> Y : case_change_action="NONE" is_case_sensitive=0 locale stopwords
        StringSplit 20 X -> Y Z : delimiter maxsplit
        Sub 1 A B -> C : axis broadcast=0 consumed_inputs
        Sub 6 A B -> C : axis broadcast=0
        Sub 7 A B -> C
        Sum 1 data_0* -> sum : consumed_inputs
        Sum 6 data_0* -> sum
        SwiGLU 28 A B -> Y : alpha=1
        Swish 24 X -> Y : alpha=1
        Tan 7 input -> output
        Tanh 1 input -> output : consumed_inputs
        Tanh 6 input -> output
        TensorScatter 24 past_cache update write_indices? -> present_cache : axis=-2 mode="linear"
        TfIdfVectorizer 9 X -> Y : max_gram_length! max_skip_count! min_gram_length! mode! ngram_counts! ngram_indexes! pool_int64s \
        pool_strings weights
        ThresholdedRelu 10 X -> Y : alpha=1
        Tile 1 input tiles axis -> output
        Tile 6 input repeats -> output
        TopK 1 X -> Values Indices : axis=-1 k!
        TopK 10 X K -> Values Indices : axis=-1
        TopK 11 X K -> Values Indices : axis=-1 largest=1 sorted=1
        Transpose 1 data -> transposed : perm
        Trilu 14 input k? -> output : upper=1
        Unique 11 X -> Y indices? inverse_indices? counts? : axis sorted=1
        Unsqueeze 1 data -> expanded : axes!
        Unsqueeze 13 data axes -> expanded
        Upsample 1 X -> Y : height_scale! mode="nearest" width_scale!
        Upsample 7 X -> Y : mode="nearest" scales!
        Upsample 9 X scales -> Y : mode="nearest"
        Where 9 condition X Y -> output
        Xor 1 A B -> C : axis broadcast=0
        Xor 7 A B -> C
        ai.onnx.ml:ArrayFeatureExtractor 1 X Y -> Z
        ai.onnx.ml:Binarizer 1 X -> Y : threshold=0
        ai.onnx.ml:CategoryMapper 1 X -> Y : cats_int64s cats_strings default_int64=-1 default_string="_Unused"
        ai.onnx.ml:FeatureVectorizer 1 X* -> Y : inputdimensions
        ai.onnx.ml:Imputer 1 X -> Y : imputed_value_floats imputed_value_int64s replaced_value_float=0 replaced_value_int64=0
        ai.onnx.ml:LabelEncoder 1 X -> Y : classes_strings default_int64=-1 default_string="_Unused"
        ai.onnx.ml:LabelEncoder 2 X -> Y : default_float=-0 default_int64=-1 default_string="_Unused" keys_floats keys_int64s \
        keys_strings values_floats values_int64s values_strings
        ai.onnx.ml:LabelEncoder 4 X -> Y : default_float=-0 default_int64=-1 default_string="_Unused" default_tensor keys_floats \
        keys_int64s keys_strings keys_tensor values_floats values_int64s values_strings values_tensor
        ai.onnx.ml:LinearClassifier 1 X -> Y Z : classlabels_ints classlabels_strings coefficients! intercepts multi_class=0 \
        post_transform="NONE"
        ai.onnx.ml:LinearRegressor 1 X -> Y : coefficients intercepts post_transform="NONE" targets=1
        ai.onnx.ml:Normalizer 1 X -> Y : norm="MAX"
        ai.onnx.ml:OneHotEncoder 1 X -> Y : cats_int64s cats_strings zeros=1
        ai.onnx.ml:SVMClassifier 1 X -> Y Z : classlabels_ints classlabels_strings coefficients kernel_params kernel_type="LINEAR" \
        post_transform="NONE" prob_a prob_b rho support_vectors vectors_per_class
        ai.onnx.ml:SVMRegressor 1 X -> Y : coefficients kernel_params kernel_type="LINEAR" n_supports=0 one_class=0 post_transform="NONE" \
        rho support_vectors
        ai.onnx.ml:Scaler 1 X -> Y : offset scale
        ai.onnx.ml:TreeEnsemble 5 X -> Y : aggregate_function=1 leaf_targetids! leaf_weights! membership_values n_targets \
        nodes_falseleafs! nodes_falsenodeids! nodes_featureids! nodes_hitrates nodes_missing_value_tracks_true nodes_modes! nodes_splits! \
        nodes_trueleafs! nodes_truenodeids! post_transform=0 tree_roots!
        ai.onnx.ml:TreeEnsembleClassifier 1 X -> Y Z : base_values class_ids class_nodeids class_treeids class_weights classlabels_int64s \
        classlabels_strings nodes_falsenodeids nodes_featureids nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_nodeids \
        nodes_treeids nodes_truenodeids nodes_values post_transform="NONE"
        ai.onnx.ml:TreeEnsembleClassifier 3 X -> Y Z : base_values base_values_as_tensor class_ids class_nodeids class_treeids \
        class_weights class_weights_as_tensor classlabels_int64s classlabels_strings nodes_falsenodeids nodes_featureids nodes_hitrates \
        nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values \
        nodes_values_as_tensor post_transform="NONE"
        ai.onnx.ml:TreeEnsembleRegressor 1 X -> Y : aggregate_function="SUM" base_values n_targets nodes_falsenodeids nodes_featureids \
        nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values \
        post_transform="NONE" target_ids target_nodeids target_treeids target_weights
        ai.onnx.ml:TreeEnsembleRegressor 3 X -> Y : aggregate_function="SUM" base_values base_values_as_tensor n_targets \
        nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes \
        nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor post_transform="NONE" target_ids target_nodeids \
        target_treeids target_weights target_weights_as_tensor
        ai.onnx.ml:ZipMap 1 X -> Z : classlabels_int64s classlabels_strings
        ai.onnx.preview:FlexAttention 1 Q K V -> Y : prob_mod scale score_mod softmax_precision
        ai.onnx.preview.training:Adagrad 1 R T inputs* -> outputs* : decay_factor=0 epsilon=1e-06 norm_coefficient=0
        ai.onnx.preview.training:Adam 1 R T inputs* -> outputs* : alpha=0.9 beta=0.999 epsilon=1e-06 norm_coefficient=0 \
        norm_coefficient_post=0
        ai.onnx.preview.training:Gradient 1 Inputs* -> Outputs* : xs! y! zs
        ai.onnx.preview.training:Momentum 1 R T inputs* -> outputs* : alpha! beta! mode! norm_coefficient!
        com.microsoft:Attention 1 input weights bias? mask_index? past? attention_bias? past_sequence_length? -> output present? : \
        do_rotary mask_filter_value num_heads! past_present_share_buffer qkv_hidden_sizes rotary_embedding_dim scale unidirectional=0
        com.microsoft:BiasAdd 1 X bias skip -> Y
        com.microsoft:BiasGelu 1 A B -> C
        com.microsoft:BiasSplitGelu 1 X bias -> Y
        com.microsoft:CausalConvWithState 1 input weight bias? past_state? -> output present_state state_update? : activation="none" \
        channels_last=0 dilation=1 input_channel_offset=0 input_channels=0 ndim=1 state_channels_last=-1 state_length=0 \
        state_update_capacity=0 state_window=0
        com.microsoft:DecoderMaskedMultiHeadAttention 1 query key? value? mask_index? attention_bias? past_key? past_value? \
        past_sequence_length? beam_width? cache_indirection? bias? -> output present_key? present_value? qk? : mask_filter_value \
        num_heads! output_qk past_present_share_buffer scale
        com.microsoft:DecoderMaskedSelfAttention 1 input weights bias mask_index? past attention_bias? past_sequence_length beam_width? \
        cache_indirection? -> output present : do_rotary mask_filter_value num_heads! past_present_share_buffer scale
        com.microsoft:DequantizeLinear 1 x x_scale x_zero_point? -> y : axis
        com.microsoft:DynamicQuantizeLSTM 1 X W R B? sequence_lens? initial_h? initial_c? P? W_scale W_zero_point R_scale R_zero_point -> \
        Y? Y_h? Y_c? : activation_alpha activation_beta activations clip direction="forward" hidden_size input_forget=0
        com.microsoft:DynamicQuantizeMatMul 1 A B b_scale b_zero_point? bias? -> Y
        com.microsoft:EmbedLayerNormalization 1 input_ids segment_ids? word_embedding position_embedding segment_embedding? gamma beta \
        mask? position_ids? -> output mask_index? embedding_sum? : epsilon=1e-12 mask_index_type
        com.microsoft:FastGelu 1 X bias? -> Y
        com.microsoft:FusedConv 1 X W B? Z? -> Y : activation activation_params auto_pad="NOTSET" dilations group=1 kernel_shape pads \
        strides
        com.microsoft:FusedGemm 1 A B C? -> Y : activation activation_alpha activation_beta activation_gamma alpha=1 beta=1 transA=0 \
        transB=0
        com.microsoft:FusedMatMul 1 A B -> Y : alpha=1 transA=0 transB=0 transBatchA=0 transBatchB=0
        com.microsoft:FusedMatMulActivation 1 A B -> Y : activation! activation_alpha activation_axis activation_beta activation_gamma \
        alpha=1 transA=0 transB=0 transBatchA=0 transBatchB=0
        """
}
