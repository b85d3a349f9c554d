extension Pipeline {
    /// What takes `quantize` and `dequantize` into the layers that they stand around, whether an importer wrote them or a precision.
    static let joining: [Step] = [
        Step(DynamicLinear(), because: "Before weight-only-linear, which would take the weights and leave x rounded for nothing."),
        Step(StaticLinear(), because: "Likewise."),
        Step(StaticConv(), because: "Likewise, before weight-only-conv."),
        Step(WeightOnlyLinear(), because: "Every dense layer is one operator by now, whose ending stays as it is."),
        Step(WeightOnlyConv(), because: "Likewise."),
        Step(GatherIntegers(), because: "A table is not computed for a few of its rows."),
        Step(FoldWeights(), because: "What no layer took is computed once."),
        Step(ExpandQuantization(), because: "What is left is arithmetic, which neighbours are joined with later."),
    ]
}
