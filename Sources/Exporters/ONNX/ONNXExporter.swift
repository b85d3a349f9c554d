import Formats
import IR

/// Writes a function of a module as an ONNX model of the default operator set alone.
///
/// Operators have the best form that the wanted version of the operator set has (`LayerNormalization`, `Gelu`, `Attention`, …), else they
/// are spelled out. Sizes that are symbols stay open: they are computed from the inputs where they are needed. Weights keep their bytes.
package enum ONNXExporter {
    /// Versions of the operator set that can be written.
    package static let opsets = 17...23
    /// One that the runtimes in use read.
    package static let defaultOpset = 21

    /// Version of the format that goes with a version of the operator set.
    package static func irVersion(_ opset: Int) -> Int {
        switch opset {
        case ...18: 8
        case ...20: 9
        case ...22: 10
        default: 11
        }
    }

    /// - Parameters:
    ///   - module: of any stage.
    ///   - name: an entry point; may be left out if there is but one.
    /// - Throws: ``ONNXExportError``, or ``VerificationError`` for a lowered module that is unsound.
    package static func export(
        _ module: Module, function name: String? = nil, opset: Int = 21, version: String = ""
    ) throws -> ONNXModel {
        guard opsets.contains(opset) else { throw ONNXExportError.opset(opset) }
        let module = module.stage == .lowered ? try module.raised() : module
        let graph = try function(name, in: module)
        let model = ExportModel(module, opset: opset)
        let body = try model.write(graph)
        return ONNXModel(
            opset: opset, irVersion: irVersion(opset), producer: "tessera", producerVersion: version, graph: body,
            metadata: properties(module))
    }

    private static func function(_ name: String?, in module: Module) throws -> Graph {
        let known = module.entryPoints
        if let name {
            guard let graph = known.first(where: { $0.name == name }) else {
                throw ONNXExportError.function(name, known: known.map(\.name))
            }
            return graph
        }
        guard known.count == 1 else { throw ONNXExportError.function(nil, known: known.map(\.name)) }
        return known[0]
    }

    /// Facts about the module that are single values, under names of our own.
    private static func properties(_ module: Module) -> [String: String] {
        var properties: [String: String] = [:]
        for (key, value) in module.metadata {
            switch value {
            case .string(let text): properties["tessera.\(key)"] = text
            case .int(let number): properties["tessera.\(key)"] = "\(number)"
            case .float(let number): properties["tessera.\(key)"] = "\(number)"
            case .bool(let flag): properties["tessera.\(key)"] = "\(flag)"
            case .dims(let numbers): properties["tessera.\(key)"] = numbers.map(\.description).joined(separator: ", ")
            case .floats(let numbers): properties["tessera.\(key)"] = numbers.map(\.description).joined(separator: ", ")
            default: break
            }
        }
        return properties
    }
}
