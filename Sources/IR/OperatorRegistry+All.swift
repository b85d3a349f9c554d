extension OperatorRegistry {
    /// Every operator there is, a list for each family folder. A test checks documentation, evaluation and lowering of each.
    package static let all: [any Operator.Type] =
        elementwise + linear + spatial + norm + attention + index + movement + reduce + source + control + sequence + strings + trees
        + recurrent + quantize + lowered
}
