import IR
import Importers

extension ModelReport {
    /// What is unusual about a model, in words; found without reading a weight.
    static func notable(_ module: Module, of imported: Module, isStored: (String) -> Bool) -> [String] {
        [
            tied(imported, isStored), halves(imported, isStored), integers(imported, isStored), decidedSizes(module), controlFlow(module),
            random(module), otherValues(module), strangers(module),
        ].compactMap { $0 }
    }

    private static func tied(_ module: Module, _ isStored: (String) -> Bool) -> String? {
        let stored = module.constants.values.filter { isStored($0.key) && $0.bytes != nil }
        let count = stored.count - stored.withDistinctStorage.count
        return count > 0 ? "\(count) tied tensor\(count == 1 ? " shares its" : "s share their") memory with others" : nil
    }

    private static func halves(_ module: Module, _ isStored: (String) -> Bool) -> String? {
        guard module.stage == .imported else { return nil }
        let types = types(of: module, isStored) { $0 == .f16 || $0 == .bf16 }
        return types.isEmpty ? nil : "\(types) weights become f32 when the model is loaded, unless it is compiled in another precision"
    }

    private static func integers(_ module: Module, _ isStored: (String) -> Bool) -> String? {
        let types = types(of: module, isStored) { $0.narrowFloat != nil || $0.isInteger && $0.bits <= 8 }
        return types.isEmpty ? nil : "\(types) weights: the model comes quantized"
    }

    /// Those of tensors of two dimensions and more: weights and tables.
    private static func types(of module: Module, _ isStored: (String) -> Bool, _ isWanted: (DType) -> Bool) -> String {
        let found = module.constants.values.filter { $0.type.rank >= 2 && isWanted($0.type.dtype) && isStored($0.key) }
        return Set(found.map(\.type.dtype.rawValue)).sorted().joined(separator: " and ")
    }

    private static func decidedSizes(_ module: Module) -> String? {
        let functions = module.functions.filter { !$0.bornSizes.isEmpty }.map(\.name)
        return functions.isEmpty
            ? nil : "data decide sizes in \(list(functions)): such a function is planned in parts, while it runs"
    }

    private static func controlFlow(_ module: Module) -> String? {
        let nodes = module.functions.flatMap { $0.nodes.filter { !$0.op.calledFunctions.isEmpty }.map(\.opName) }
        let counts = Dictionary(grouping: nodes, by: { $0 }).mapValues(\.count).sorted { $0.key < $1.key }
        return counts.isEmpty
            ? nil : "control flow: \(counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")); work inside is not in the figures"
    }

    private static func random(_ module: Module) -> String? {
        let functions = module.functions.filter { $0.nodes.contains { !$0.op.isPure } }.map(\.name)
        return functions.isEmpty ? nil : "random numbers in \(list(functions)): results depend on the seed"
    }

    private static func otherValues(_ module: Module) -> String? {
        let types = module.entryPoints.flatMap { $0.signature.inputs + $0.signature.outputs }.map(\.type)
        let kinds = [
            types.contains { !$0.isTensor } ? "sequences or optionals" : nil,
            types.contains { $0.element.dtype == .string } ? "strings" : nil,
        ]
        let found = kinds.compactMap { $0 }
        return found.isEmpty ? nil : "\(found.joined(separator: " and ")) go in or come out"
    }

    private static let others: Set<String> = [
        "ir_version", "producer", "opsets", "operators", "properties", "largest_sizes", "model_domain", "model_version", "doc_string",
        "value_docs", "value_denotations", "onnx_functions", "quantization_annotations",
    ]

    private static func strangers(_ module: Module) -> String? {
        let keys = module.metadata.keys.filter { MetadataKey(rawValue: $0) == nil && !others.contains($0) }
        return keys.isEmpty ? nil : "metadata that nothing here reads: \(list(keys.sorted()))"
    }

    /// The first few.
    private static func list(_ names: [String]) -> String {
        names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) others" : "")
    }
}
