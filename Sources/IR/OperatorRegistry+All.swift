extension OperatorRegistry {
    /// Every operator there is. A test checks documentation, evaluation and lowering of each.
    public static let all: [any Operator.Type] = unary + binary + linear + movement + reductions + sources + fused

    private static let unary: [any Operator.Type] = [
        Unary<Neg>.self, Unary<Abs>.self, Unary<Exp>.self, Unary<Log>.self, Unary<Sqrt>.self, Unary<Rsqrt>.self,
        Unary<Reciprocal>.self, Unary<Tanh>.self, Unary<Erf>.self, Unary<Sigmoid>.self, Unary<Silu>.self, Unary<Gelu>.self,
        Unary<GeluTanh>.self, Unary<Relu>.self, Unary<Sin>.self, Unary<Cos>.self, Unary<Floor>.self, Unary<Ceil>.self,
        Unary<Round>.self, Unary<Square>.self, Unary<Sign>.self, Unary<Softplus>.self, IsNaN.self, Not.self, Cast.self,
    ]

    private static let binary: [any Operator.Type] = [
        Binary<Add>.self, Binary<Sub>.self, Binary<Mul>.self, Binary<Div>.self, Binary<Minimum>.self, Binary<Maximum>.self,
        Binary<Pow>.self, Binary<Mod>.self, Comparison<Equal>.self, Comparison<NotEqual>.self, Comparison<Less>.self,
        Comparison<LessEqual>.self, Comparison<Greater>.self, Comparison<GreaterEqual>.self, Logical<And>.self,
        Logical<Or>.self, Logical<Xor>.self, Where.self,
    ]

    private static let linear: [any Operator.Type] = [
        MatMul.self, Linear.self, Conv2D.self, LayerNorm.self, RMSNorm.self, GroupNorm.self, L2Normalize.self, Softmax.self,
        LogSoftmax.self,
    ]

    private static let movement: [any Operator.Type] = [
        Gather.self, GatherElements.self, ScatterElements.self, ScatterRows.self, UpdateSlice.self, Concat.self, Split.self,
        Slice.self, Pad.self, Transpose.self, Reshape.self, Expand.self, Resize.self, PixelShuffle.self, PixelUnshuffle.self,
    ]

    private static let reductions: [any Operator.Type] = [
        Reduce<ReduceSum>.self, Reduce<ReduceMean>.self, Reduce<ReduceMax>.self, Reduce<ReduceMin>.self,
        Reduce<ReduceProd>.self, Reduce<ReduceAny>.self, Reduce<ReduceAll>.self, ArgMax.self, ArgMin.self, TopK.self,
        CumSum.self,
    ]

    private static let sources: [any Operator.Type] = [Iota.self, Fill.self]

    private static let fused: [any Operator.Type] = [
        Attention.self, FusedLinear.self, GatedLinear.self, QuantizedLinear.self, QuantizedGatedLinear.self, FusedConv2D.self,
        QuantizedConv2D.self, FusedGroupNorm.self,
    ]
}
