import FourMSettings
import IR
import Importers

extension KeptPaths {
    /// What of a 4M model of any stage takes the paths: the functions and metadata that importing with ``scope`` gives.
    /// - Throws: ``FourMError`` naming a function that the model lacks, as one that was left out before.
    package func narrowed(_ module: Module) throws -> Module {
        let (inputs, outputs) = (scope.inputs ?? [], scope.outputs ?? [])
        let needed = inputs.map { FourMFunction.embedEncoder($0) } + outputs.map { FourMFunction.logits($0) } + [FourMFunction.encode]
        if let missing = needed.sorted().first(where: { module.function($0) == nil }) {
            throw FourMError("'\(module.name)' was compiled without the function \(missing), which the paths to keep need", .request)
        }
        let known = try ModelModality.read(module).keys
        let dropped =
            known.filter { !inputs.contains($0) }.map { FourMFunction.embedEncoder($0) }
            + known.filter { !outputs.contains($0) }.flatMap {
                [FourMFunction.embedDecoder($0), FourMFunction.embedDecoderIDs($0), FourMFunction.logits($0)]
            }
        var made = module.keeping(functions: Set(module.entryPoints.map(\.name)).subtracting(dropped))
        made.metadata = metadata(module.metadata, inputs, outputs)
        return made.counted(before: module)
    }

    private func metadata(_ whole: Attributes, _ inputs: Set<String>, _ outputs: Set<String>) -> Attributes {
        var modalities: Attributes = [:]
        for (name, value) in whole.section(.modalities) where inputs.contains(name) || outputs.contains(name) {
            guard case .dictionary(var fields) = value else { continue }
            (fields[.input], fields[.output]) = (.bool(inputs.contains(name)), .bool(outputs.contains(name)))
            modalities[name] = .dictionary(fields)
        }
        var made = whole
        made[.modalities] = .dictionary(modalities)
        made[.normalization] = .dictionary(whole.section(.normalization).filter { inputs.contains($0.key) })
        return made
    }

    /// The half of a tokenizer's module of any stage that is needed of `modality`, without size; the whole of one that has no halves.
    /// - Throws: ``FourMError`` for a half that was left out before.
    package func narrowed(_ module: Module, _ half: TokenizerPart) throws -> Module {
        if half == .whole { return module }
        let names = Set(module.entryPoints.map(\.name))
        let encodes: Set = [FourMFunction.tokenize]
        let kept = half == .encoder ? names.intersection(encodes) : names.subtracting(encodes)
        guard !kept.isEmpty else {
            throw FourMError("'\(module.name)' was compiled without its \(half.rawValue), which the paths to keep need", .request)
        }
        return module.keeping(functions: kept).counted(before: module)
    }
}

extension Module {
    /// With the number of parameters in its metadata less what is no longer there.
    fileprivate func counted(before: Module) -> Module {
        guard let count = before.metadata.integer(.parameters) else { return self }
        let gone = before.weightElements.filter { weightElements[$0.key] == nil }.reduce(0) { $0 + $1.value }
        var made = self
        made.metadata[.parameters] = .int(max(count - gone, 0))
        return made
    }

    /// Elements of the weights as the checkpoint has them: what was rounded, and its scales, are called after it, behind a sign. What
    /// rules made of nothing has no other name.
    private var weightElements: [String: Int] {
        constants.values.filter { !$0.key.hasPrefix("#") }.reduce(into: [:]) { found, constant in
            let name = String(constant.key.prefix { $0 != "#" })
            found[name] = max(found[name] ?? 0, constant.type.elementCount.value ?? 0)
        }
    }
}
