import Files
import IR

/// Writes ONNX models, atomically. Weights go from where they lie into the file: nothing is copied.
package enum ONNXWriter {
    /// A protobuf message has less than 2 GB; what is above this much keeps its weights in a second file. The margin is for readers that add
    /// to a model what they infer.
    package static let mostInline = (2 << 30) - (64 << 20)

    /// External data start at multiples of this many bytes, which is also a page of every machine: they can be mapped.
    package static let alignment = 4096

    /// Weights of fewer bytes stay in the model: shapes and other small numbers are needed to understand it.
    package static let smallestExternal = 1024

    /// `model` as a message.
    package static func bytes(_ model: ONNXModel) -> [UInt8] { message(model).bytes }

    /// Writes `model` to `path`, and its weights to `path` + `.data` if that is asked for or they are too many for one file.
    /// - Throws: ``CheckpointError`` if a file cannot be written, or weights are too many and `path` is no regular file.
    package static func write(
        _ model: ONNXModel, to path: String, externalData: Bool = false, mostInline: Int = mostInline
    ) throws(CheckpointError) {
        var model = model
        var whole = message(model)
        if externalData || whole.count > mostInline {
            guard path != "-", !path.hasPrefix("/dev/") else {
                throw CheckpointError(
                    .unwritable, file: path, "the weights need a second file beside the model", advice: "give the model a file name")
            }
            let dataPath = path + ".data"
            let slices = moveOut(&model, to: FilePath.name(of: dataPath))
            whole = message(model)
            try writeData(slices, to: dataPath)
        }
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            for piece in whole.pieces {
                switch piece {
                case .bytes(let bytes): try file.append(bytes)
                case .slice(let slice): try file.append(slice)
                }
            }
        }
    }

    /// Makes large initializers references into a file called `location`; gives what that file holds, in order.
    private static func moveOut(_ model: inout ONNXModel, to location: String) -> [ByteSlice] {
        var slices: [ByteSlice] = []
        var position = 0
        for index in model.graph.initializers.indices {
            guard case .raw(let slice) = model.graph.initializers[index].data, slice.count >= smallestExternal else { continue }
            position = aligned(position)
            model.graph.initializers[index].data = .external(location: location, offset: position, length: slice.count)
            slices.append(slice)
            position += slice.count
        }
        return slices
    }

    private static func aligned(_ position: Int) -> Int { (position + alignment - 1) / alignment * alignment }

    private static func writeData(_ slices: [ByteSlice], to path: String) throws(CheckpointError) {
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            var position = 0
            for slice in slices {
                let start = aligned(position)
                if start > position { try file.append([UInt8](repeating: 0, count: start - position)) }
                try file.append(slice)
                position = start + slice.count
            }
        }
    }
}
