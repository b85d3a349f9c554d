/// Which part of a 4M transformer to import. What is left out is neither read nor packed. Tokenizers are always imported whole.
package struct ImportScope: Sendable, Hashable {
    /// Input modalities; nil for all.
    package var inputs: Set<String>?
    /// Target modalities; nil for all. None at all leaves out the decoder.
    package var outputs: Set<String>?

    package init(inputs: Set<String>? = nil, outputs: Set<String>? = nil) {
        self.inputs = inputs
        self.outputs = outputs
    }

    package static let whole = ImportScope()

    /// The encoder with the given inputs, or all.
    package static func encoder(_ inputs: Set<String>? = nil) -> ImportScope { ImportScope(inputs: inputs, outputs: []) }
}
