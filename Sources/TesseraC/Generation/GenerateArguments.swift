import CTessera
import Tessera

/// - Throws: `TesseraError` naming the field.
func generationRequest(_ given: tessera_generate_options) throws -> GenerationRequest {
    let inputs = try list(given.inputs, given.input_count, "options.inputs").map { one in
        GenerationRequest.Given(try requiredText(one.modality, "the modality of one of options.inputs"), try values(one))
    }
    let targets = try list(given.targets, given.target_count, "options.targets").map {
        try requiredText($0, "an element of options.targets")
    }
    var made = GenerationRequest(samples: inputs, targets: targets)
    made.conditions = try list(given.conditions, given.condition_count, "options.conditions").map { one in
        let name = try requiredText(one.modality, "the modality of one of options.conditions")
        var condition = WeightedCondition(name, weight: one.weight == 0 ? 1 : one.weight)
        condition.values = try values(one)
        return condition
    }
    for one in try list(given.masks, given.mask_count, "options.masks") {
        let name = try requiredText(one.modality, "the modality of one of options.masks")
        guard made.masks.updateValue(try values(one), forKey: name) == nil else { throw wrong("options.masks has '\(name)' twice") }
    }
    made.seed = given.seed
    made.variations = try count(given.variations, "options.variations") ?? made.variations
    made.batchSize = try count(given.batch_size, "options.batch_size") ?? made.batchSize
    made.isIndependent = given.independent
    made.settings.steps = try count(given.steps, "options.steps")
    made.settings.temperature = given.temperature?.pointee
    made.settings.guidance = given.guidance?.pointee
    made.settings.topP = given.top_p?.pointee
    made.settings.topK = try count(given.top_k, "options.top_k")
    made.settings.maxTokens = try count(given.max_tokens, "options.max_tokens")
    made.diffusionSteps = try count(given.diffusion_steps, "options.diffusion_steps")
    (made.usesPreviewDecoders, made.superResolves, made.drawsDrafts) = (given.preview_decoders, !given.no_super_resolution, given.drafts)
    return made
}

extension tessera_generate_options: GrownStruct {
    /// Before it had masks.
    static let firstSize = 144
}

private func values(_ given: tessera_given) throws -> [GenerationInput] {
    let found = try SizedArray(given.values, given.value_count, "values")
    return try (0..<found.count).compactMap { try found[$0].map { try value($0) } }
}

private func value(_ given: tessera_input) throws -> GenerationInput {
    switch given.kind {
    case TESSERA_INPUT_FILE: return .file(try requiredText(given.text, "the text of an input of a file"))
    case TESSERA_INPUT_TEXT: return .text(try requiredText(given.text, "the text of an input"))
    case TESSERA_INPUT_ENCODED: return .picture(try Picture(encoded: try bytes(given)))
    case TESSERA_INPUT_PICTURE:
        guard given.width > 0, given.height > 0, given.channels >= 0 else {
            throw wrong("a picture of \(given.width) x \(given.height) pixels in \(given.channels) channels is none")
        }
        let channels = given.channels == 0 ? 3 : Int(given.channels)
        return .picture(
            try Picture(width: Int(given.width), height: Int(given.height), channels: channels, samples: try bytes(given)))
    case TESSERA_INPUT_TENSOR:
        guard given.tensor != nil else { throw wrong("the tensor of an input is NULL") }
        let tensors = try SizedArray(given.tensor, 1, "tensor")
        return .tensor(try Operand(tensors[0], "tensor", 0).copy())
    default: throw wrong("the kind of an input is \(given.kind.rawValue), which is none")
    }
}

private func bytes(_ given: tessera_input) throws -> [UInt8] {
    guard let data = given.data, given.bytes > 0 else { throw wrong("the data of an input are NULL, or none, or too many") }
    return Array(UnsafeRawBufferPointer(start: data, count: given.bytes))
}
