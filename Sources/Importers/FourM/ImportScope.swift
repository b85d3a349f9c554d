/// Which part of a 4M transformer to import. What is left out is neither read nor packed. Tokenizers are always imported whole.
public struct ImportScope: Sendable, Hashable {
    /// Input modalities; nil for all.
    public var inputs: Set<String>?
    /// Target modalities; nil for all. None at all leaves out the decoder.
    public var outputs: Set<String>?

    public init(inputs: Set<String>? = nil, outputs: Set<String>? = nil) {
        self.inputs = inputs
        self.outputs = outputs
    }

    public static let whole = ImportScope()

    /// The encoder with the given inputs, or all.
    public static func encoder(_ inputs: Set<String>? = nil) -> ImportScope { ImportScope(inputs: inputs, outputs: []) }
}
