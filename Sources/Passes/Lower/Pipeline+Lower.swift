extension Pipeline {
    /// From a clean module to one whose nodes are what kernels do.
    package static func lower(_ kernels: KernelFacts = KernelFacts()) -> Pipeline {
        Pipeline(
            "lower", stage: .lowered,
            joining + [
                Step(
                    LegalizeTypes(),
                    because:
                        "Before the others, since it decides which kernel a node has: half precision computes in f32 where there are kernels for that alone."
                ),
                Step(SequencesAsPictures(), because: "Before weights are packed, which are those of pictures."),
                Step(VolumesAsPictures(), because: "Likewise."),
                Step(GroupsApart(), because: "Once all are over pictures; constant-fold then cuts the filters."),
                Step(ConstantFold(), because: "Conversions and other shapes of constants are constants."),
                Step(PackWeights(kernels), because: "Once all types are final."),
                Step(GatherPacked(), because: "Which tables are packed as weights too is known."),
                Step(LayOutPictures(), because: "Which convolutions write channels last is known once their filters are packed."),
                Step(PlaceParts(), because: "Nodes are final: what a concat joins is known."),
                Step(JoinElementwise(), because: "Last, since it is about neighbours in the order of steps."),
            ])
    }
}
