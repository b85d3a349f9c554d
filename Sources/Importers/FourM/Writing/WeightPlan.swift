/// What a configuration does not tell of a model's tensors, for building it without a checkpoint.
package struct WeightPlan: Sendable {
    /// Shapes of tensors that have sizes which no configuration key gives (vocabularies, position tables), or that are
    /// there by choice.
    package var shapes: [String: [Int]]
    /// Parts that the model has, as prefixes of its tensors' names: `encoder.`, `decoder.`, `quantize.`.
    package var parts: Set<String>
    /// Endings of tensors that are there by choice and have a shape that follows from the configuration.
    package var optional: Set<String>

    package init(shapes: [String: [Int]] = [:], parts: Set<String> = [], optional: Set<String> = []) {
        self.shapes = shapes
        self.parts = parts
        self.optional = optional
    }

    func holds(_ key: String) -> Bool { shapes[key] != nil || optional.contains { key.hasSuffix($0) } }

    func holdsAny(prefix: String) -> Bool { parts.contains(prefix) || shapes.keys.contains { $0.hasPrefix(prefix) } }

    /// The shape of `key`: the one listed, or `expected` where it leaves no size open.
    func shape(_ key: String, _ expected: [Int?]) -> [Int]? {
        if let listed = shapes[key] { return listed }
        let sizes = expected.compactMap(\.self)
        return sizes.count == expected.count ? sizes : nil
    }
}
