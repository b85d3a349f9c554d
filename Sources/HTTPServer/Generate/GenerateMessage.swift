import Formats
import HTTPTypes
import Tessera

/// A wish to generate, as a request's body has it.
struct GenerateMessage: Sendable {
    /// nil for the only pipeline.
    var model: String?
    var request = GenerationRequest([:])
    /// How long the answer may take.
    var timeout: Duration?
    private let limits: GenerateLimits
    /// Of all pictures so far.
    private var pixels = 0

    /// - Parameter type: the body's `Content-Type`.
    /// - Throws: ``AnswerError``; `TesseraError` for pictures that cannot be read.
    init(_ body: [UInt8], type: String?, _ limits: GenerateLimits) throws {
        self.limits = limits
        switch HeaderText.main(type ?? "application/json") {
        case "application/json": try read(try GenerateMessage.json(body))
        case "multipart/form-data": try read(try FormReader.parts(body, type: type ?? "", limit: limits.parts))
        case let other:
            throw AnswerError(.unsupportedMediaType, "send application/json or multipart/form-data, not '\(other.prefix(80))'")
        }
        try check()
    }

    private static func json(_ bytes: [UInt8]) throws -> ConfigDictionary {
        let value: ConfigValue
        do { value = try ConfigValue(json: bytes, file: "the request") } catch { throw AnswerError(.badRequest, error.description) }
        guard let entries = value.dictionary else { throw AnswerError(.badRequest, "the request is \(value.kindName), not an object") }
        return entries
    }

    private func check() throws {
        let values = request.inputs.map(\.values.count) + request.masks.values.map(\.count) + request.conditions.map(\.values.count)
        let samples = values.max() ?? 1
        let (results, overflows) = max(samples, 1).multipliedReportingOverflow(by: request.variations)
        guard !overflows, (1...limits.results).contains(results) else {
            throw AnswerError(
                .badRequest, "\(samples) samples in \(request.variations) variations; a request may have 1 to \(limits.results) results")
        }
    }

    // MARK: A form

    /// What a form writes before the modality whose mask a picture is.
    private static let maskMark = "mask:"

    private mutating func read(_ parts: [FormReader.Part]) throws {
        var entries = ConfigDictionary()
        for part in parts where !part.isFile || part.name == "request" {
            if part.name == "request" {
                entries = entries.merging(try GenerateMessage.json(part.bytes))
            } else if GenerateMessage.keys.contains(part.name) {
                entries[part.name] = try GenerateMessage.value(of: part)
            }
        }
        try read(entries)
        for part in parts where part.name != "request" && !(GenerateMessage.keys.contains(part.name) && !part.isFile) {
            if part.name.hasPrefix(GenerateMessage.maskMark) {
                let name = String(part.name.dropFirst(GenerateMessage.maskMark.count))
                let mask = try MessageValue(modality: name, limits: limits).maskPicture(part.bytes, &pixels)
                request.masks[name, default: []].append(mask)
                continue
            }
            let value = MessageValue(modality: part.name, limits: limits)
            let isPicture = part.isFile || part.type.hasPrefix("image/")
            try give(part.name, [isPicture ? value.picture(part.bytes, &pixels) : .text(part.text())])
        }
    }

    /// A field of a form that has the name of a setting: JSON, `targets` also as names with commas between them.
    private static func value(of part: FormReader.Part) throws -> ConfigValue {
        let text = try part.text()
        if part.name == "model" { return .string(text) }
        if let value = try? ConfigValue(json: text) { return value }
        if part.name == "targets" { return .list(text.split(separator: ",").map { .string($0.trimmingSpaces) }) }
        return .string(text)
    }

    /// Adds values of a modality; several parts of one name are values of several samples.
    private mutating func give(_ name: String, _ values: [GenerationInput]) throws {
        if let index = request.inputs.firstIndex(where: { $0.modality == name }) {
            request.inputs[index].values += values
        } else {
            request.inputs.append(.init(name, values))
        }
    }

    // MARK: JSON

    static let keys: [String] = [
        "model", "inputs", "masks", "targets", "conditions", "settings", "seed", "variations", "batch_size", "independent",
        "diffusion_steps", "preview", "super_resolution", "drafts", "timeout",
    ]

    private mutating func read(_ entries: ConfigDictionary) throws {
        let fields = MessageFields(entries, "the request", knows: GenerateMessage.keys)
        try fields.check()
        model = try fields.text("model")
        for (name, value) in try fields.object("inputs") {
            try give(name, try MessageValue(modality: name, limits: limits).inputs(value, &pixels))
        }
        for (name, value) in try fields.object("masks") {
            request.masks[name] = try MessageValue(modality: name, limits: limits).masks(value, &pixels)
        }
        request.targets = try fields.texts("targets")
        for value in try fields.list("conditions") { request.conditions.append(try condition(value)) }
        request.settings = try settings(try fields.dictionary("settings"))
        request.seed = try fields.seed("seed") ?? 0
        request.variations = try fields.whole("variations", 1...limits.results) ?? 1
        request.batchSize = try fields.whole("batch_size", 1...limits.results) ?? 8
        request.diffusionSteps = try fields.whole("diffusion_steps", 1...100_000)
        request.isIndependent = try fields.flag("independent") ?? false
        request.usesPreviewDecoders = try fields.flag("preview") ?? false
        request.superResolves = try fields.flag("super_resolution") ?? true
        request.drawsDrafts = try fields.flag("drafts") ?? false
        timeout = try fields.number("timeout", 0.001...1e6).map { .seconds($0) }
    }

    private func settings(_ entries: ConfigDictionary) throws -> GenerationRequest.Settings {
        let fields = MessageFields(
            entries, "settings", knows: ["steps", "temperature", "guidance", "top_p", "top_k", "max_tokens"])
        try fields.check()
        var made = GenerationRequest.Settings()
        made.steps = try fields.whole("steps", 1...100_000)
        made.temperature = try fields.number("temperature", 0...1e6)
        made.guidance = try fields.number("guidance", -1e6...1e6)
        made.topP = try fields.number("top_p", 0...1)
        made.topK = try fields.whole("top_k", 1...1 << 30)
        made.maxTokens = try fields.whole("max_tokens", 1...1 << 20)
        return made
    }

    private mutating func condition(_ value: ConfigValue) throws -> WeightedCondition {
        guard let entries = value.dictionary else { throw AnswerError(.badRequest, "a condition is \(value.kindName), not an object") }
        let fields = MessageFields(entries, "a condition", knows: ["modality", "value", "weight"])
        try fields.check()
        guard let name = try fields.text("modality"), let given = entries["value"] else {
            throw AnswerError(.badRequest, "a condition needs modality and value")
        }
        var made = WeightedCondition(name, weight: try fields.number("weight", -1e6...1e6) ?? 1)
        made.values = try MessageValue(modality: name, limits: limits).inputs(given, &pixels)
        return made
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
