import IR

/// What a model is given of one modality, or has generated so far; a batch of rows with equal length.
package struct ModalityBatch: Sendable {
    /// Content by kind of modality.
    package enum Content: Sendable {
        /// Token ids, a row for each sample.
        case tokens([[Int]])
        /// f32 [batch, channels, height, width], normalised as the model's metadata says.
        case pixels(Tensor)
        /// f32 [batch, n, channels] with the rows that are valid.
        case embeddings(Tensor)
    }

    package var content: Content
    /// True where a position is no input: unknown, or not given.
    package var inputMask: [[Bool]]
    /// True where a position is not to be predicted.
    package var targetMask: [[Bool]]
    /// Compressed self-attention mask of training, see ``FourMModel/train(_:decoderOrder:encoderTokens:decoderTokens:)``;
    /// generation does not read it.
    package var decoderAttention: [[Int]]?

    package init(_ content: Content, inputMask: [[Bool]], targetMask: [[Bool]], decoderAttention: [[Int]]? = nil) {
        self.content = content
        self.inputMask = inputMask
        self.targetMask = targetMask
        self.decoderAttention = decoderAttention
    }

    package var batch: Int { inputMask.count }

    /// Positions of each row.
    package var length: Int { inputMask.first?.count ?? 0 }

    /// Token ids; empty rows for pixels and embeddings.
    package var tokens: [[Int]] {
        get { if case .tokens(let ids) = content { ids } else { inputMask.map { _ in [] } } }
        set { content = .tokens(newValue) }
    }

    /// Everything given, nothing to predict.
    package static func given(tokens: [[Int]]) -> ModalityBatch {
        ModalityBatch(.tokens(tokens), inputMask: tokens.map { $0.map { _ in false } }, targetMask: tokens.map { $0.map { _ in true } })
    }

    /// Pixels, all patches given. `patches` is the number of patches of one image.
    package static func given(pixels: Tensor, patches: Int) -> ModalityBatch {
        let batch = pixels.shape.first ?? 0
        return ModalityBatch(
            .pixels(pixels), inputMask: rows(batch, patches, false), targetMask: rows(batch, patches, true))
    }

    /// A dense target of `tokens` positions, all to be predicted.
    package static func emptyImage(batch: Int, tokens: Int) -> ModalityBatch {
        ModalityBatch(
            .tokens([[Int]](repeating: [Int](repeating: 0, count: tokens), count: batch)),
            inputMask: rows(batch, tokens, true), targetMask: rows(batch, tokens, false))
    }

    /// A text target: the prompt is [S_1], and [S_1] … [S_2] is to be predicted.
    package static func emptySequence(batch: Int, tokens: Int, firstSentinel: Int) -> ModalityBatch {
        var made = emptyImage(batch: batch, tokens: max(tokens, 2))
        made.emptySequence(firstSentinel: firstSentinel)
        return made
    }

    static func rows(_ batch: Int, _ length: Int, _ value: Bool) -> [[Bool]] {
        [[Bool]](repeating: [Bool](repeating: value, count: length), count: batch)
    }
}

extension ModalityBatch {
    /// Empties a dense modality: nothing given, all to be predicted (for guidance without this condition).
    package mutating func emptyImage() {
        inputMask = ModalityBatch.rows(batch, length, true)
        targetMask = ModalityBatch.rows(batch, length, false)
    }

    /// Empties a text: only the first sentinel stays as input.
    package mutating func emptySequence(firstSentinel: Int) {
        let length = self.length
        guard length > 0 else { return }
        var row = [Int](repeating: 0, count: length)
        for index in 0..<min(2, length) { row[index] = firstSentinel }
        if length > 1 { row[length - 1] = firstSentinel + 1 }
        var mask = [Bool](repeating: true, count: length)
        mask[0] = false
        tokens = inputMask.map { _ in row }
        inputMask = inputMask.map { _ in mask }
        targetMask = inputMask.map { $0.map { !$0 } }
        decoderAttention = inputMask.map { $0.indices.map { $0 == 0 ? 0 : 1 } }
    }

    /// Empties an embedded sequence: zeros, the first position given.
    package mutating func emptyEmbeddings() {
        if case .embeddings(let tensor) = content { content = .embeddings(Tensor(zeros: tensor.dtype, tensor.shape)) }
        inputMask = inputMask.map { row in row.indices.map { $0 != 0 } }
        targetMask = ModalityBatch.rows(batch, length, true)
        decoderAttention = inputMask.map { $0.map { _ in 0 } }
    }
}

/// Modalities of one batch by name. Their order is the order in which the encoder sees them.
package struct ModalitySet: Sendable {
    package private(set) var names: [String] = []
    private var batches: [String: ModalityBatch] = [:]

    package init() {}

    package subscript(name: String) -> ModalityBatch? {
        get { batches[name] }
        set {
            if newValue == nil { names.removeAll { $0 == name } } else if batches[name] == nil { names.append(name) }
            batches[name] = newValue
        }
    }

    /// Rows; 0 for an empty set.
    package var batch: Int { names.first.flatMap { batches[$0]?.batch } ?? 0 }
}

extension ModalitySet {
    /// The set without what the modalities `names` say, for the unconditional pass of guidance.
    package func emptied(_ names: [String], firstSentinel: Int, _ model: FourMModel) -> ModalitySet {
        var set = self
        for name in names {
            guard var batch = set[name], let info = model.modalities[name] else { continue }
            switch info.kind {
            case .sequence: batch.emptySequence(firstSentinel: firstSentinel)
            case .sequenceEmbedding: batch.emptyEmbeddings()
            case .pixels, .imageTokens: batch.emptyImage()
            }
            set[name] = batch
        }
        return set
    }
}
