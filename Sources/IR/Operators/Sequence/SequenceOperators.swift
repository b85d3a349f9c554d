extension OperatorRegistry {
    /// Sequences, optionals and strings.
    static let sequence: [any Operator.Type] = [
        SequenceConstruct.self, SequenceEmpty.self, SequenceInsert.self, SequenceErase.self, SequenceAt.self, SequenceLength.self,
        ConcatFromSequence.self, SplitToSequence.self, OptionalWrap.self, OptionalGet.self, OptionalHas.self, StringConcat.self,
    ]
}
