extension Pipeline {
    /// From what importers write to what the runtime likes: the same function with fewer, larger operators.
    package static let clean = Pipeline(
        "clean", stage: .clean,
        [
            Step(DeadCode(), because: "Nothing is spent on nodes that no output depends on."),
            Step(
                KnownSizes(),
                because: "Sizes that turn out to be known, or to follow from others, are no data: planned with the rest, not while running."
            ),
            Step(FoldCondition(), because: "A branch that is never taken is nothing that any rule should look at."),
            Step(InlineCalls(), because: "Patterns end at the borders of functions, so small functions lose theirs first."),
            Step(HoistInvariants(), because: "After inlining: what a body's calls compute again and again may be the same too."),
            Step(
                "tidy", tidying,
                because: """
                    Importers convert, transpose and reshape as they go. Patterns look for bare constants, single numbers and \
                    values next to each other, so all that comes first; the rules feed one another and share their fixpoint.
                    """),
            Step(
                GatherIntegers(),
                because: "A table is not computed for a few of its rows, nor read by anything that would keep it from the next."),
            Step(
                FoldWeights(keepsLayers: true),
                because: """
                    What is computed from constants alone is computed once, though it then takes up to sixteen times the memory: at every \
                    run it would take that too, and the time. Scales and zero points are bare constants by now. Integers that layers can \
                    multiply as they are stay.
                    """),
            Step(
                CommonSubexpressions(),
                because: """
                    Exports compute a mean, a difference or a mask once for each reader; patterns must see that it is the same.
                    """),
            Step(FuseSoftmax(), because: "Attention looks for softmax."),
            Step(
                FuseLayerNorm(),
                because: """
                    The longest chain of plain arithmetic goes before rules that could take an add or mul out of it.
                    """),
            Step(FuseRMSNorm(), because: "As layer norm, which is the longer chain; a weight is no gate's factor then."),
            Step(FuseGelu(), because: "Like layer norm: arithmetic first, while it is whole."),
            Step(FuseSilu(), because: "Before the gated layer and the group norm, which look for silu."),
            Step(FuseLinearBias(), because: "All later rules know linear only, with its bias inside."),
            Step(
                ScaleIntegerLinear(),
                because: "As linear, its bias is inside before the activation; its scales before any rule takes a mul for a gate."),
            Step(ScaleIntegerConv(), because: "Likewise."),
            Step(FuseAttention(), because: "Its scale is one number and its transpositions are merged by now."),
            Step("tidy", tidying, because: "Transposed weights of linear become constants; views left by attention merge."),
            Step(FuseGatedMLP(), because: "Before fuse-linear-activation, which would take the gate's activation away."),
            Step(FuseActivation(.linear), because: "Before the residual: the activation comes first in fused_linear."),
            Step(FuseResidual(.linear), because: "Whatever linear or fused_linear ends in an addition now ends in it for good."),
            Step(
                FuseGroupNormGradient(),
                because: "On the way back silu is found by now; before the norm on the way there is fused, whose other readers vanish."),
            Step(FuseGroupNormSilu(), because: "Looks at group_norm alone, so it may stand anywhere after silu is found."),
            Step(FuseActivation(.conv), because: "Before the residual, as for linear."),
            Step(FuseResidual(.conv), because: "Last of the fusions: it takes what is left of the additions."),
            Step(FuseScatterAdd(), because: "Of additions that no layer took."),
            Step("tidy", tidying, because: "Fusions put views of weights in front of operands."),
            Step(CommonSubexpressions(), because: "Fused nodes may be equal, such as projections of one context."),
            Step(DeadCode(), because: "Patches remove what they made dead; this removes what merging left."),
        ])

    private static let tidying: [any Rule] = [
        Identities(), ConstantFold(), CanonicalWhere(), ReshapeMerge(), TransposeCancel(), FoldConvScale(),
    ]
}
