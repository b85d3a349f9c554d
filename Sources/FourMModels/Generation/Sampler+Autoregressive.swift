import FourMSampling
import FourMSettings
import FourMText
import IR
import Importers
import Runtime

extension Sampler {
    /// Decodes a whole sequence, a token at a time, each computed once: keys and values of earlier tokens stay in caches.
    ///
    /// A row starts with its first target token and ends with its last one, the end token, or when it has as many tokens as it has
    /// places (`autoregressive_step_batched` of the reference). A row without target tokens stays as it is.
    func autoregress(_ step: GenerationStep, _ index: Int, _ total: Int, _ branches: Branches, _ set: inout ModalitySet) throws {
        guard let batch = set[step.target] else { throw FourMError("target '\(step.target)' is not in the set") }
        var text = TextRows(batch, limit: try model.modality(step.target).maxTokens)
        guard text.hasTargets else { throw FourMError("'\(step.target)' has no tokens to predict") }
        if !text.isFinished {
            var decoders = try decoders(branches, capacity: text.longest)
            var sampler = try options.sampler(step.temperature)
            let info = try model.modality(step.target)
            for position in 0..<text.longest {
                try TimeSpan.measure(.step, step.target) {
                    let logits = branches.combine(try stepLogits(step.target, info, text.tokens.map { $0[position] }, position, &decoders))
                    TimeSpan.count(text.isDone.filter { !$0 }.count)
                    try TimeSpan.measure(.sample) {
                        for row in text.tokens.indices { text.append(try drawLast(logits, row, step, index, position, &sampler), to: row) }
                    }
                }
                try onToken?(
                    TextProgress(
                        step: index, total: total, target: step.target, tokens: text.tokens.indices.map { text.own($0) },
                        keys: text.tokens.indices.map { options.key($0) }, limits: text.limits, isDone: text.isDone, prepared: batch))
                if text.isFinished { break }
            }
        }
        set[step.target] = merge(text, batch)
        try onStep?(
            Progress(
                step: index, total: total, target: step.target, positions: [], tokens: text.tokens, predicted: [], logits: nil, set: set))
    }

    /// Raw sequences of a batch, which grow in step.
    struct TextRows {
        private(set) var tokens: [[Int]]
        /// Most tokens a row gets beyond its first.
        let limits: [Int]
        /// End tokens; nil for rows that have nothing to predict.
        let ends: [Int?]
        private(set) var isDone: [Bool]

        init(_ batch: ModalityBatch, limit: Int) {
            let targets = zip(batch.tokens, batch.targetMask).map { ids, mask in ids.indices.filter { !mask[$0] }.map { ids[$0] } }
            ends = targets.map(\.last)
            limits = targets.map { min($0.count, limit) }
            tokens = targets.map { [$0.first ?? 0] }
            isDone = zip(targets, limits).map { $0.isEmpty || $0.first == $0.last || $1 == 0 }
        }

        var hasTargets: Bool { ends.contains { $0 != nil } }
        var isFinished: Bool { isDone.allSatisfy { $0 } }
        var longest: Int { limits.max() ?? 0 }

        mutating func append(_ token: Int, to row: Int) {
            tokens[row].append(token)
            isDone[row] = isDone[row] || token == ends[row] || tokens[row].count > limits[row]
        }

        /// What is the row's own: not what came after its places were used up, or anything of a row without targets.
        func own(_ row: Int) -> [Int] { ends[row] == nil ? [] : Array(tokens[row].prefix(limits[row] + 1)) }
    }

    private func drawLast(
        _ logits: Tensor, _ row: Int, _ step: GenerationStep, _ index: Int, _ position: Int, _ sampler: inout RowSampler
    ) throws -> Int {
        let vocabulary = logits.shape.last ?? 0
        let uniform = options.random(row: row, target: step.target, step: index).uniform(at: UInt64(position))
        return try logits.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            let line = UnsafeBufferPointer(rebasing: values[row * vocabulary..<(row + 1) * vocabulary])
            return Int(try sampler.sample(line, uniform: uniform).token)
        }
    }

    /// Decoders for the branches: one shared by all where padding cannot change a result, else one each.
    private func decoders(_ branches: Branches, capacity: Int) throws -> [CachedDecoder] {
        try model.branchStates(branches.sets).map { try CachedDecoder(model, $0, capacity: capacity) }
    }

    /// Logits [batch, 1, vocabulary] of each branch for one more token a row.
    private func stepLogits(
        _ target: String, _ info: ModelModality, _ tokens: [Int], _ position: Int, _ decoders: inout [CachedDecoder]
    ) throws -> [Tensor] {
        try info.check(ids: tokens)
        let place = position >= info.maxLength ? 0 : position
        var results: [Tensor] = []
        for decoder in decoders {
            let copies = decoder.batch / max(tokens.count, 1)
            let ids = [[Int]](repeating: tokens, count: copies).flatMap { $0 }
            let y = try model.embedded(target, ids: ids.map { [$0] }, positions: ids.map { _ in [place] }).y
            let logits = try model.logits(target, try decoder.advance(y))
            for copy in 0..<copies { results.append(RowMatrix.slice(logits, copy * tokens.count..<(copy + 1) * tokens.count)) }
        }
        return results
    }

    /// The prompt with its sentinels replaced by what was decoded, rows padded on the right. Both masks tell the padding
    /// (`merge_sequences_batched` of the reference).
    private func merge(_ text: TextRows, _ batch: ModalityBatch) -> ModalityBatch {
        let prompts = zip(batch.tokens, batch.inputMask).map { ids, mask in ids.indices.filter { !mask[$0] }.map { ids[$0] } }
        let rows = prompts.enumerated().map { row, prompt -> [Int] in
            guard let end = text.ends[row] else { return prompt }
            var generated = text.own(row)
            if !options.keepsTokensAfterEnd, let stop = generated.dropFirst().firstIndex(of: end) { generated = Array(generated[...stop]) }
            return mergeGenerated(prompt: prompt, generated: generated, sentinels: options.sentinels, end: options.endID)
        }
        let padded = PaddedSequences(padding: rows, with: options.paddingID)
        return ModalityBatch(
            .tokens(padded.ids), inputMask: padded.isPadding, targetMask: padded.isPadding,
            decoderAttention: padded.ids.map { $0.map { _ in 0 } })
    }
}

/// A decoder over one encoded batch that takes a token a row at a time.
package final class CachedDecoder {
    package let batch: Int
    private let model: FourMModel
    private let crossK: Tensor
    private let crossV: Tensor
    private let mask: Tensor
    private let states: [String: StateTensor]
    private let capacity: Int
    private var position = 0

    /// Lengths of the visible cache are multiples of this.
    private static let stride = 64

    /// - Parameter capacity: most tokens that a sequence will have.
    package init(_ model: FourMModel, _ state: EncoderState, capacity: Int) throws {
        self.model = model
        self.capacity = capacity
        batch = state.batch
        mask = state.mask
        let cross = try model.run(FourMFunction.decodeContext, ["context": state.context])
        guard let k = cross["cross_k"], let v = cross["cross_v"] else { throw FourMError("'decode_context' has no cross_k and cross_v") }
        (crossK, crossV) = (k, v)
        let shape = [model.layers, batch, model.heads, capacity, model.dim / model.heads]
        states = ["self_k": StateTensor(zeros: .f32, shape), "self_v": StateTensor(zeros: .f32, shape)]
    }

    /// Decoder output [batch, 1, dim] for the next token's embedding.
    package func advance(_ y: Tensor) throws -> Tensor {
        guard position < capacity else { throw FourMError("a sequence is longer than the \(capacity) tokens planned for it") }
        // Later places of the cache are masked, which changes no bit; a new length for each token would lower the function anew.
        let length = min((position / CachedDecoder.stride + 1) * CachedDecoder.stride, capacity)
        let line = (0..<length).map { $0 > position }
        let visible = Tensor(bools: (0..<batch).flatMap { _ in line }, [batch, 1, length])
        let results = try model.session.run(
            FourMFunction.decodeStep,
            [
                "y": y, "position": Tensor(integers: [position], [1]), "cross_k": crossK, "cross_v": crossV,
                "context_mask": mask, "self_mask": visible,
            ], states: states)
        position += 1
        guard let out = results["out"] else { throw FourMError("'decode_step' has no result 'out'") }
        return out
    }
}
