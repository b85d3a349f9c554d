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
    /// The value in `path`, whatever it is: a model beside its folder says the type, as in ONNX test folders, else the fields of the message.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func readAny(_ path: String) throws(CheckpointError) -> ONNXStoredValue {
        let bytes = ByteSlice(try MappedFile.openPossiblyEmpty(path))
        if let other = bytes.withBytes({
            CheckpointError.foreign($0, file: path, needed: "a tensor, sequence or optional of ONNX", accepted: [.zeros, .empty])
        }) {
            throw other
        }
        let fields = try ProtobufSkeleton.fields(bytes, file: path)
        let declared = declaredType(path)
        let isTensor = declared.map { if case .tensor = $0 { true } else { false } } ?? looksLikeTensor(fields)
        if isTensor { return try tensor(bytes, path) }
        let values = fields.count { (3...7).contains($0.number) && $0.isMessage }
        let type = declared ?? .sequence(.unknown)
        return ONNXStoredValue(
            name: "", value: try read(bytes, as: type, path: path), mayBeOptional: declared == nil && values <= 1)
    }

    private static func tensor(_ bytes: ByteSlice, _ path: String) throws(CheckpointError) -> ONNXStoredValue {
        let tensor = try message(bytes, path)
        return ONNXStoredValue(name: tensor.name, value: .tensor(try tensor.value(file: path)), mayBeOptional: false)
    }

    /// Fields that containers lack, or values that do not fit what a container says that it holds.
    private static func looksLikeTensor(_ fields: [ProtobufSkeleton.Field]) -> Bool {
        if fields.contains(where: { $0.number >= 8 || $0.number == 1 && !$0.isMessage }) { return true }
        let held = Set(fields.filter { (3...7).contains($0.number) }.map(\.number))
        // Kinds of values are numbered as their fields are, from 1 for tensors in field 3.
        guard let kind = fields.first(where: { $0.number == 2 })?.value else { return !held.subtracting([3]).isEmpty }
        return kind == 0 ? !held.isEmpty : kind > 5 || !held.subtracting([Int(kind) + 2]).isEmpty
    }

    /// Of `test_data_set_0/input_1.pb` what `model.onnx` beside the folder says of its input 1.
    private static func declaredType(_ path: String) -> ONNXType? {
        let parts = FilePath.name(of: path).dropLast(".pb".count).split(separator: "_")
        let model = FilePath.join(FilePath.folder(of: FilePath.folder(of: FilePath.absolute(path))), "model.onnx")
        guard parts.count == 2, let index = Int(parts[1]), index >= 0, FilePath.isRegular(model),
            let graph = try? ONNXModel(path: model).graph
        else { return nil }
        // Inputs with a default are not counted.
        let held = Set(graph.initializers.map(\.name) + graph.sparseInitializers.map(\.values.name))
        let inputs = graph.inputs.filter { !held.contains($0.name) }
        let ports = parts[0] == "input" ? inputs : parts[0] == "output" ? graph.outputs : []
        return ports.indices.contains(index) ? ports[index].type : nil
    }
}
