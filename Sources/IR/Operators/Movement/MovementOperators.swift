extension OperatorRegistry {
    /// Elements in another order or shape.
    static let movement: [any Operator.Type] = [
        UpdateSlice.self, Concat.self, Split.self, Slice.self, Pad.self, Transpose.self, Reshape.self, Expand.self,
        PixelShuffle.self, PixelUnshuffle.self, StopGradient.self, StraightThrough.self,
    ]
}
