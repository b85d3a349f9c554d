import Files
import IR

/// Writes modules as text of the IR that ``IRTextFile`` reads.
package enum IRTextWriter {
    /// Constants of at most this many elements stand in texts that are to be carried around alone.
    package static let largestInline = 4096

    /// Writes `module` to `path`; data that neither stand in the text nor lie in a file of `sources` go to `path` with `.safetensors` behind
    /// it. Constants without data stay without.
    /// - Parameter limit: elements of the constants whose data stand in the text.
    /// - Returns: the second file, if there had to be one.
    /// - Throws: ``CheckpointError``, `OutputError` naming the file.
    @discardableResult
    package static func write(
        _ module: Module, to path: String, from sources: [WeightSource] = [], inlining limit: Int = Module.inlineLimit
    ) throws -> String? {
        var module = module
        let place = place(of: module, sources, limit)
        module.weightFiles = place.used.map { WeightFile(relative($0.path, to: path), stateKey: $0.stateKey) }
        let companion = path + ".safetensors"
        if !place.homeless.isEmpty {
            try SafeTensorsWriter.write(place.homeless.map(storable), metadata: WeightSource.mark, to: companion)
            module.weightFiles.append(WeightFile(FilePath.name(of: companion)))
        }
        try OutputFile.write(module.text(inlining: limit), to: path)
        return place.homeless.isEmpty ? nil : companion
    }

    /// The text alone, and how many constants have no data in it nor in the files that it names.
    package static func text(
        _ module: Module, from sources: [WeightSource], inlining limit: Int = Module.inlineLimit
    ) -> (text: String, homeless: Int) {
        var module = module
        let place = place(of: module, sources, limit)
        module.weightFiles = place.used.map { WeightFile($0.path, stateKey: $0.stateKey) }
        return (module.text(inlining: limit), place.homeless.count)
    }

    /// Sources that are needed, and constants that lie in none.
    private static func place(of module: Module, _ sources: [WeightSource], _ limit: Int) -> (used: [WeightSource], homeless: [Constant]) {
        var used = Set<Int>()
        var homeless: [Constant] = []
        for constant in module.constants.values.sorted(by: { $0.key < $1.key }) {
            guard constant.bytes != nil, (constant.type.elementCount.value ?? .max) > limit else { continue }
            if let index = sources.firstIndex(where: { $0.holds(constant) }) { used.insert(index) } else { homeless.append(constant) }
        }
        return (used.sorted().map { sources[$0] }, homeless)
    }

    /// As safetensors can hold it: elements of types that it lacks as bytes.
    private static func storable(_ constant: Constant) -> Constant {
        let type = TensorType(constant.type.dtype, constant.type.shape)
        if type.dtype.safeTensorsName != nil { return Constant(key: constant.key, type: type, bytes: constant.bytes) }
        return Constant(key: constant.key, type: TensorType(.u8, [Dim(constant.bytes?.count ?? 0)]), bytes: constant.bytes)
    }

    /// `file` as the text at `path` names it: what lies in its folder or below from there, all else from the root.
    private static func relative(_ file: String, to path: String) -> String {
        let (target, folder) = (FilePath.absolute(file), FilePath.absolute(FilePath.folder(of: path)))
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        return target.hasPrefix(start) ? String(target.dropFirst(start.count)) : target
    }
}
