import Files
import Formats
import Foundation
import IR
import Importers
import Inspect
import ONNXSessions

/// Inputs of an ONNX model: from files by name or by position, or made up.
struct ONNXInputs {
    let session: ONNXSession

    /// The inputs with their types, a line each.
    var list: String { session.inputs.map { "  \($0.name): \($0.type.map(\.text) ?? "any")" }.joined(separator: "\n") }

    /// What a folder or file holds; `isNumbered`: as ONNX test folders hold it, `input_0.pb`, … by position.
    func read(_ path: String) throws -> (given: [String: Datum], isNumbered: Bool) {
        let files = session.inputs.indices.map { "\(path)/input_\($0).pb" }
        guard files.contains(where: FileManager.default.fileExists) else {
            return (try FlagName.named("--inputs") { try TensorFolder.read(path) }.mapValues { .tensor($0) }, false)
        }
        var given: [String: Datum] = [:]
        for (input, file) in zip(session.inputs, files) where FileManager.default.fileExists(atPath: file) {
            given[input.name] = try ONNXValueFile.read(file, as: input.type ?? .unknown)
        }
        return (given, true)
    }

    /// One file as `input`.
    func value(_ path: String, _ input: ONNXValueInfo) throws -> Datum {
        if path.hasSuffix(".pb") { return try ONNXValueFile.read(path, as: input.type ?? .unknown) }
        let found = try TensorFolder.read(path)
        if let tensor = found[input.name] ?? (found.count == 1 ? found.values.first : nil) { return .tensor(tensor) }
        throw WorkError("\(path) holds \(found.keys.sorted().joined(separator: ", ")), none of which is '\(input.name)'", .content)
    }

    /// `given` without what is no input, in the element types of the model.
    /// - Throws: `TesseraError` that lists the inputs, if some are missing.
    func fitted(_ given: [String: Datum]) throws -> [String: Datum] {
        var given = given
        for name in given.keys.sorted() where !session.model.graph.inputs.contains(where: { $0.name == name }) {
            Terminal.warn("'\(name)' is no input of the model and is not used")
            given[name] = nil
        }
        let missing = session.inputs.filter { given[$0.name] == nil && !$0.mayBeAbsent }.map(\.name)
        guard missing.isEmpty else {
            throw Refusal.content("the model needs \(missing.joined(separator: ", ")); its inputs are:\n\(list)")
        }
        return try session.fitted(given) { Terminal.warn($0) }
    }

    /// Zeros in the declared shapes, for a model that has no structure but for known inputs; sizes are those of `--bind`, then the usual ones.
    /// - Parameter takesFewRows: whether sizes of which nothing is known are 1, but for those of last axes: inputs may have to agree in them.
    /// - Throws: `TesseraError` naming an input that cannot be made up.
    func zeros(_ sizes: [SizeBinding], takesFewRows: Bool = false) throws -> [String: Datum] {
        let bound = SizeBinding.table(sizes)
        return try session.inputs.reduce(into: [:]) { given, input in
            guard case .tensor(let number, let dims?)? = input.type, let dtype = DType(onnx: number), dtype != .string else {
                throw Refusal.content(
                    "input '\(input.name)' is \(input.type.map(\.text) ?? "of any type"), and the model's structure depends on it; give it with --inputs"
                )
            }
            let shape = dims.enumerated().map { axis, dim -> Int in
                let isRow = takesFewRows && axis < dims.count - 1
                switch dim {
                case .size(let size): return size
                case .symbol(let name): return bound[name] ?? (isRow ? 1 : TypicalSizes.usual(name, axis: axis, rank: dims.count))
                case .unknown: return bound["\(input.name).\(axis)"] ?? (isRow ? 1 : TypicalSizes.usual(axis: axis, rank: dims.count))
                }
            }
            guard let count = Tensor.elementCount(shape), count <= 1 << 28 else {
                throw Refusal.content("input '\(input.name)' would be \(dtype.rawValue)\(shape); bind smaller sizes")
            }
            given[input.name] = .tensor(Tensor(zeros: dtype, shape))
        }
    }
}

extension ONNXValueInfo {
    /// Whether nothing at all may be given: an optional.
    fileprivate var mayBeAbsent: Bool { if case .optional? = type { true } else { false } }
}
