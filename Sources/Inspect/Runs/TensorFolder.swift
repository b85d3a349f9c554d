import Formats
import Foundation
import IR
import Names

/// Tensors in files: `.npy` (the tensor's name is the file's), `.npz` and `.safetensors` (names inside).
package enum TensorFolder {
    package static let suffixes = [".npy", ".npz", ".safetensors"]

    /// The tensors below folder `path`, or in the single file `path`. A tensor `a/b` may be the file `a/b.npy`.
    /// - Throws: ``WorkError`` for a missing folder, a folder without tensors, or a name that two files give; `CheckpointError`.
    package static func read(_ path: String) throws -> [String: Tensor] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw WorkError(
                "\(path) does not exist; give a folder with .npy, .npz or .safetensors files, or one such file", .missing)
        }
        if !isFolder.boolValue {
            return try tensors(in: path, name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
        }
        var (found, owners): ([String: Tensor], [String: String]) = ([:], [:])
        for file in files(below: path) {
            for (name, tensor) in try tensors(in: path + "/" + file, name: String(file.dropLast(".npy".count))) {
                if let other = owners.updateValue(file, forKey: name) {
                    throw WorkError("\(path): '\(name)' is in \(other) and in \(file); remove one", .content)
                }
                found[name] = tensor
            }
        }
        return found
    }

    /// The tensors in folder or file `path` for the inputs of `graph`: by name, or as the ONNX tests hold them, `input_0.pb`, … in their order.
    /// - Throws: as ``read(_:)``; ``WorkError`` for a file that holds no tensor.
    package static func read(_ path: String, for graph: Graph) throws -> [String: Tensor] {
        let inputs = graph.signature.inputs.map(\.name)
        let places = zip(inputs, inputs.indices.map { "\(path)/input_\($0).pb" }).filter { FileManager.default.fileExists(atPath: $0.1) }
        if places.isEmpty { return try read(path) }
        return try places.reduce(into: [:]) { found, place in
            guard let tensor = try ONNXValueFile.read(place.1, as: .unknown).tensor else {
                throw WorkError("\(place.1) holds no tensor", .content)
            }
            found[place.0] = tensor
        }
    }

    private static func files(below path: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { file in suffixes.contains { file.hasSuffix($0) } }.sorted()
    }

    private static func tensors(in file: String, name: String) throws -> [String: Tensor] {
        if file.hasSuffix(".npy") { return [name: try NumpyFile.read(file)] }
        if file.hasSuffix(".npz") { return try NumpyArchive.read(file) }
        guard file.hasSuffix(".safetensors") else {
            throw WorkError("\(file) is none of \(suffixes.joined(separator: ", ")); save the tensors in one of these formats", .content)
        }
        return try SafeTensorsFile(path: file).byName.compactMapValues(\.tensor)
    }

    /// Writes each tensor to `<folder>/<name>.npy` and gives the paths by name. A name with `/` goes into a subfolder.
    package static func writeNumpy(_ tensors: [String: Tensor], to folder: String) throws -> [String: String] {
        var paths: [String: String] = [:]
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard OutsideName.isPlain(name) else {
                throw WorkError("output '\(ForeignText.clean(name))' cannot be a file name; use the format safetensors", .content)
            }
            let path = "\(folder)/\(name).npy"
            try Folders.make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            try NumpyFile.write(tensor, to: path)
            paths[name] = path
        }
        return paths
    }
}

/// Makes given tensors fit a function's inputs.
package enum InputFitting {
    /// The inputs of `graph` from `given`: integers of any width become i64 where the function wants those, and floats of any
    /// width the width that it wants. `note` is told of each conversion and of each tensor that is no input.
    /// - Throws: ``WorkError`` that lists the inputs with their types.
    package static func fit(_ given: [String: Tensor], _ graph: Graph, from path: String, note: (String) -> Void) throws -> [String: Tensor]
    {
        let wanted = graph.signature.inputs
        let missing = wanted.filter { given[$0.name] == nil }.map(\.name)
        guard missing.isEmpty else {
            let have = given.isEmpty ? "no tensors" : "only \(given.keys.sorted().joined(separator: ", "))"
            throw WorkError(
                """
                function '\(graph.name)' needs \(missing.joined(separator: ", ")), but \(path) holds \(have); its inputs are:
                \(list(wanted))
                """, .content)
        }
        let names = Set(wanted.map(\.name))
        for name in given.keys.sorted() where !names.contains(name) { note("'\(name)' is no input of '\(graph.name)' and is not used") }
        return converted(given.filter { names.contains($0.key) }, for: graph, note: note)
    }

    /// `given` with those that are inputs of `graph` in its element types; `note` is told of each conversion.
    package static func converted(_ given: [String: Tensor], for graph: Graph, note: (String) -> Void) -> [String: Tensor] {
        graph.signature.inputs.reduce(into: given) { made, input in
            if let tensor = given[input.name] { made[input.name] = converted(tensor, to: input.type.element.dtype, input.name, note) }
        }
    }

    /// Sizes of symbols that `given` decide; of those that contradict each other the first.
    package static func sizes(of given: [String: Tensor], _ graph: Graph) -> Binding {
        graph.signature.inputs.reduce(into: [:]) { sizes, input in
            guard let tensor = given[input.name], let type = input.type.tensor else { return }
            var more = sizes
            if (try? type.bind(tensor, named: input.name, in: &more)) != nil { sizes = more }
        }
    }

    /// The inputs with their types, a line each.
    package static func list(_ inputs: [Signature.Item]) -> String {
        inputs.map { "  \($0.name): \($0.type)" }.joined(separator: "\n")
    }

    private static func converted(_ tensor: Tensor, to dtype: DType, _ name: String, _ note: (String) -> Void) -> Tensor {
        let widens = dtype == .i64 && tensor.dtype.isInteger && tensor.dtype != .u64
        let changesFloat = dtype.isFloat && tensor.dtype.isFloat
        guard tensor.dtype != dtype, widens || changesFloat else { return tensor }
        note("input '\(name)' was converted from \(tensor.dtype.rawValue) to \(dtype.rawValue)")
        if widens { return Tensor(integers: tensor.integers, tensor.shape, as: dtype) }
        return Tensor(tensor.doubles, tensor.shape, as: dtype)
    }
}
