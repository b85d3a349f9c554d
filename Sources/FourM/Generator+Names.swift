import FourMCodecs
import FourMModels
import FourMSettings

extension Generator {
    /// `request` and the values of its inputs by the model's own names, where people may have written `rgb`, `depth` or `tok_rgb`
    /// (``ModalityWord``). Pictures given as `rgb` are pixels, arrays tokens.
    /// - Throws: ``FourMError`` for a word that means nothing or several things here, and for two that mean the same.
    package func named(
        _ request: GenerationRequest, _ values: [String: [InputValue]]
    ) throws -> (request: GenerationRequest, values: [String: [InputValue]]) {
        var request = request
        var names: [String: String] = [:]
        var taken: [String: String] = [:]
        for (index, input) in request.inputs.enumerated() {
            let given = values[input.modality] ?? [.given(input.value)]
            let name = try bundle.input(input.modality, isArray: given.contains(where: \.holdsArray))
            if let other = taken.updateValue(input.modality, forKey: name), other != input.modality {
                throw FourMError("'\(other)' and '\(input.modality)' both mean '\(name)'; use one name", .request)
            }
            names[input.modality] = name
            request.inputs[index] = GenerationInput(modality: name, value: input.value)
        }
        for (index, condition) in request.conditions.enumerated() {
            let given = request.conditionValues?[index] ?? condition.values.map { .given($0) }
            request.conditions[index].modality = try bundle.input(condition.modality, isArray: given.contains(where: \.holdsArray))
        }
        request.targets = try request.targets.map(bundle.target)
        if let twice = Dictionary(grouping: request.targets, by: { $0 }).filter({ $0.value.count > 1 }).keys.min() {
            throw FourMError("target '\(twice)' is named more than once; a target is generated once", .request)
        }
        request.masks = try masks(request, names)
        return (request, Dictionary(values.map { (names[$0.key] ?? $0.key, $0.value) }) { first, _ in first })
    }

    /// Masks by the names of the inputs that they belong to.
    private func masks(_ request: GenerationRequest, _ names: [String: String]) throws -> [String: [InputValue]] {
        let inputs = request.inputs.map(\.modality)
        var found: [String: [InputValue]] = [:]
        for (word, masks) in request.masks {
            let name =
                try names[word] ?? ModalityWord.resolve(word, in: inputs, lacks: "a mask was given for", has: "the inputs are")
            guard found.updateValue(masks, forKey: name) == nil else {
                throw FourMError("two masks were given for '\(name)'; give one", .request)
            }
        }
        return found
    }
}

extension InputValue {
    /// Whether it is an array in memory or a file of one.
    var holdsArray: Bool {
        switch self {
        case .tensor(let tensor): tensor.dtype.isInteger
        case .given(let path), .file(let path): [".npy", ".npz"].contains(where: path.lowercased().hasSuffix)
        case .text, .picture: false
        }
    }
}
