import FourMCodecs
import FourMModels
import FourMSettings
import FourMText
import IR

/// What a bundle's model makes of a sample without drawing anything: of an image-like target all tokens in one step, of a text the most probable
/// token after the other. Two variants of a model are compared by it, and weights are rounded for what it gives to their layers.
package struct DirectPrediction {
    package let bundle: LoadedBundle
    package let model: FourMModel

    /// - Throws: what loading the model throws.
    package init(_ bundle: LoadedBundle) throws { self.init(bundle, model: try bundle.model()) }

    /// - Parameter model: the bundle's, or the one behind it; that makes no texts.
    init(_ bundle: LoadedBundle, model: FourMModel) { (self.bundle, self.model) = (bundle, model) }

    /// One target of one sample.
    package struct Target: Sendable {
        package let name: String
        package let tokens: [Int]
        /// f32 [places, vocabulary] of an image-like target.
        package var logits: Tensor?
        package var text: String?

        /// As an input.
        var value: InputValue { text.map { .text($0) } ?? .tensor(Tensor(integers: tokens, [tokens.count])) }
    }

    /// Everything that the model can make of `given`, in order of the names: image-like targets, then texts if the bundle has a tokenizer for them.
    package func targets(given: some Collection<String>) -> [String] {
        DirectPrediction.targets(of: bundle.bundle, model.modalities).filter { !given.contains($0) }
    }

    /// The same of a model of `bundle` that knows `modalities`, whatever is given.
    static func targets(of bundle: Bundle, _ modalities: [String: ModelModality]) -> [String] {
        let open = modalities.values.filter(\.isOutput).sorted { $0.name < $1.name }
        let texts = bundle.sources.textTokenizer == nil ? [] : open.filter(\.isSequence)
        return open.filter { $0.kind == .imageTokens }.map(\.name) + texts.map(\.name)
    }

    /// One sample: a value for each modality that is given.
    /// - Throws: ``FourMError`` naming a modality or file; runtime errors.
    package func predict(_ given: [String: InputValue], _ targets: [String]) throws -> [Target] {
        let state = try encode(given)
        return try targets.map { name in
            try model.modality(name).isSequence ? try text(name, given) : try dense(name, state)
        }
    }

    package func encode(_ given: [String: InputValue]) throws -> EncoderState {
        let reader = InputReader(bundle: bundle, model: model)
        var set = ModalitySet()
        for (name, value) in given.sorted(by: { $0.key < $1.key }) { set[name] = try reader.read(name, [value]).batch }
        return try model.encode(set)
    }

    private func dense(_ name: String, _ state: EncoderState) throws -> Target {
        let count = try model.modality(name).maxTokens
        let logits = try model.logits(name, positions: [Array(0..<count)], state)
        let rows = logits.reshaped(Array(logits.shape.suffix(2))) ?? logits
        return Target(name: name, tokens: DirectPrediction.largest(rows), logits: rows)
    }

    /// The column of the largest value of each row, the first of equal ones.
    static func largest(_ rows: Tensor) -> [Int] {
        let (count, columns) = (rows.shape[0], rows.shape[1])
        return rows.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            (0..<count).map { row in
                var best = 0
                for column in 1..<max(columns, 1) where values[row * columns + column] > values[row * columns + best] { best = column }
                return best
            }
        }
    }

    /// The tokens of a picture by the bundle's tokenizer for pictures; nil without one that encodes.
    package func tokens(of picture: InputValue) throws -> Target? {
        let known = model.modalities.values.filter { $0.kind == .imageTokens && $0.isInput }
        guard let info = known.first(where: { ModalityInfo.baseName(of: $0.name) == "tok_rgb" }), bundle.bundle.hasTokenizer(info.name),
            try bundle.tokenizer(info.name, part: .encoder).has("tokenize")
        else { return nil }
        return Target(name: info.name, tokens: try InputReader(bundle: bundle, model: model).read(info.name, [picture]).batch.tokens[0])
    }

    private func text(_ name: String, _ given: [String: InputValue]) throws -> Target {
        var request = GenerationRequest()
        request.inputs = given.keys.sorted().map { GenerationInput(modality: $0, value: "") }
        request.targets = [name]
        (request.overrides.temperature, request.overrides.guidance) = (0, 1)
        request.superResolves = false
        let results = try Generator(bundle).run(request, given.mapValues { [$0] })
        let target = results.first?.targets.first
        return Target(name: name, tokens: target?.tokens ?? [], text: target?.text ?? "")
    }

    /// Runs the decoder over a whole text at once, as training does, given what the encoder made of a sample.
    package func read(_ target: Target, _ state: EncoderState) throws {
        let info = try model.modality(target.name)
        let first = try bundle.text().sentinels.first ?? 0
        let ids = Array(([first] + target.tokens).prefix(max(info.maxLength, 1)))
        let y = try model.embedded(target.name, ids: [ids], positions: [Array(ids.indices)]).y
        let hidden = ids.indices.flatMap { row in ids.indices.map { $0 > row } }
        let out = try model.decode(y, state, selfMask: Tensor(bools: hidden, [1, ids.count, ids.count]))
        _ = try model.logits(target.name, out)
    }
}
