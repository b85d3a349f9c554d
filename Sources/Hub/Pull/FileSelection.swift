import Names

/// Which files of a repository are wanted.
package enum FileSelection: Sendable, Equatable {
    /// What Tessera reads: `.safetensors` with their configurations and shard index, `.pth` only where there are none;
    /// of a bundle also `bundle.yaml` and the JSON files beside it.
    case needed
    case all
    case files([String])

    /// The wanted ones of `files`, in the order of their names.
    /// - Throws: ``HubError`` of kind `missing`.
    func select(from files: [String], of name: RepositoryName) throws(HubError) -> [String] {
        switch self {
        case .all: return files.sorted()
        case .files(let wanted):
            for file in wanted where !files.contains(file) {
                throw HubError(.missing, "\(name) has no file '\(ForeignText.clean(file))'; it has: \(FileSelection.list(files))")
            }
            return Set(wanted).sorted()
        case .needed:
            let weights = FileSelection.weights(files)
            guard !weights.isEmpty || files.contains("bundle.yaml") else {
                throw HubError(
                    .missing, "\(name) has no .safetensors or .pth file; choose with --file or --all from: \(FileSelection.list(files))")
            }
            return (weights + FileSelection.companions(of: weights, in: files)).sorted()
        }
    }

    /// Whether a model in several files is wanted with all of them.
    var takesWholeModels: Bool { if case .files = self { false } else { true } }

    private static func weights(_ files: [String]) -> [String] {
        let safe = files.filter { $0.hasSuffix(".safetensors") }
        return safe.isEmpty ? files.filter { $0.hasSuffix(".pth") } : safe
    }

    private static func companions(of weights: [String], in files: [String]) -> [String] {
        let configurations = Set(weights.map { $0.split(separator: ".").dropLast().joined(separator: ".") + ".json" })
        let isBundle = files.contains("bundle.yaml")
        return files.filter { file in
            file == "config.json" || file.hasSuffix("/config.json") || file.hasSuffix(".safetensors.index.json")
                || configurations.contains(file)
                || (isBundle && (file == "bundle.yaml" || (file.hasSuffix(".json") && !file.contains("/"))))
        }
    }

    private static func list(_ files: [String]) -> String {
        let shown = files.sorted().prefix(20).joined(separator: ", ")
        return files.isEmpty ? "nothing" : files.count > 20 ? "\(shown) and \(files.count - 20) more" : shown
    }
}
