import Files
import IR

/// A value of an ONNX test file, with what the file itself says of it.
package struct ONNXStoredValue: Sendable {
    /// Of the tensor, the sequence or the optional; "" where the file has none.
    package let name: String
    package let value: Datum
    /// Whether a sequence and an optional look alike here: both may hold one value, or none.
    package let mayBeOptional: Bool
}

extension ONNXValueFile {
    /// The value in `path`, whatever it is: what `types` declare, else what the fields of the message say.
    /// - Parameter types: of the values in the folder of `path`.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func readAny(_ path: String, _ types: ONNXDeclaredTypes) throws(CheckpointError) -> ONNXStoredValue {
        let bytes = ByteSlice(try MappedFile.openPossiblyEmpty(path))
        if let other = bytes.withBytes({
            CheckpointError.foreign($0, file: path, needed: "a tensor, sequence or optional of ONNX", accepted: [.zeros, .empty])
        }) {
            throw other
        }
        let outline = try ProtobufSkeleton.fields(bytes, file: path, into: Outline()) { $0.add($1) }
        let declared = types.type(ofFile: path)
        let isTensor = declared.map { if case .tensor = $0 { true } else { false } } ?? outline.looksLikeTensor
        if isTensor { return try tensor(bytes, path) }
        return ONNXStoredValue(
            name: "", value: try read(bytes, as: declared ?? .sequence(.unknown), path: path),
            mayBeOptional: declared == nil && outline.values <= 1)
    }

    private static func tensor(_ bytes: ByteSlice, _ path: String) throws(CheckpointError) -> ONNXStoredValue {
        let tensor = try message(bytes, path)
        return ONNXStoredValue(name: tensor.name, value: .tensor(try tensor.value(file: path)), mayBeOptional: false)
    }

    /// What the fields of a message tell of its kind.
    private struct Outline {
        /// Messages in fields of values.
        private(set) var values = 0
        /// Whether there is a field that containers lack.
        private var hasOthers = false
        /// Fields of values that are there.
        private var held: Set<Int> = []
        /// Kinds of values are numbered as their fields are, from 1 for tensors in field 3.
        private var kind: UInt64?
        private var hasKind = false

        mutating func add(_ field: ProtobufSkeleton.Field) {
            switch field.number {
            case 1: if !field.isMessage { hasOthers = true }
            case 2:
                if !hasKind { (kind, hasKind) = (field.value, true) }
            case 3...7:
                if field.isMessage { values += 1 }
                held.insert(field.number)
            default: hasOthers = true
            }
        }

        /// Fields that containers lack, or values that do not fit what a container says that it holds.
        var looksLikeTensor: Bool {
            if hasOthers { return true }
            guard let kind else { return !held.subtracting([3]).isEmpty }
            return kind == 0 ? !held.isEmpty : kind > 5 || !held.subtracting([Int(kind) + 2]).isEmpty
        }
    }
}

/// What a model beside a folder of values says of these, as in ONNX test folders: `model.onnx` of `test_data_set_0/input_1.pb`.
package struct ONNXDeclaredTypes: Sendable {
    private var inputs: [ONNXType?] = []
    private var outputs: [ONNXType?] = []

    /// Nothing is declared.
    package init() {}

    /// - Parameter folder: that of the values; beside it nothing may be, or a model that cannot be read, which says nothing.
    package init(ofFolder folder: String) {
        let model = FilePath.join(FilePath.folder(of: FilePath.absolute(folder)), "model.onnx")
        guard FilePath.isRegular(model), let graph = try? ONNXModel(path: model).graph else { return }
        // Inputs with a default are not counted.
        let held = Set(graph.initializers.map(\.name) + graph.sparseInitializers.map(\.values.name))
        inputs = graph.inputs.filter { !held.contains($0.name) }.map(\.type)
        outputs = graph.outputs.map(\.type)
    }

    /// Of `input_1.pb` and `output_0.pb`; nil for other names, and for what is not declared.
    func type(ofFile path: String) -> ONNXType? {
        let parts = FilePath.name(of: path).dropLast(".pb".count).split(separator: "_")
        guard parts.count == 2, let index = Int(parts[1]), index >= 0 else { return nil }
        let types = parts[0] == "input" ? inputs : parts[0] == "output" ? outputs : []
        return types.indices.contains(index) ? types[index] : nil
    }
}
