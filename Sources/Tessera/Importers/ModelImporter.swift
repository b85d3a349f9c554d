import IR

/// Turns what a source holds into a module of stage `imported`.
package protocol ModelImporter: Sendable {
    /// What people call the format.
    var name: String { get }

    /// Whether `source` is of this format, told by its content; cheap.
    func recognizes(_ source: ModelSource) -> Bool

    /// - Throws: the importer's own errors, which name file, tensor or key.
    func load(_ source: ModelSource, _ options: Model.Options) throws -> ImportedModel
}

/// What an importer read, and from where.
package struct ImportedModel {
    package let module: Module
    /// All that hold it.
    package let files: [String]
    /// Whether a constant is in ``files``; others were made by the importer.
    package var isStored: @Sendable (String) -> Bool = { _ in true }
}

extension Model.Options {
    /// Whether anything is said that is for checkpoints alone.
    var isOfCheckpoints: Bool { configuration != nil || stateKey != nil || part != .whole || !adapters.isEmpty }

    /// - Throws: ``TesseraError`` where something is said that is for checkpoints alone.
    func requireNone(of source: String, _ kind: String) throws(TesseraError) {
        guard isOfCheckpoints else { return }
        throw TesseraError(.usage, "\(source) is \(kind): configuration, state key, part and adapters are for checkpoints")
    }
}

/// The importers there are, asked in this order.
package enum ModelImporters {
    package static let all: [any ModelImporter] = [ONNXModelImporter(), IRTextImporter(), FourMModelImporter()]

    /// - Throws: ``TesseraError`` of category `unsupported` that says what was found.
    package static func importer(for source: ModelSource) throws(TesseraError) -> any ModelImporter {
        if let found = all.first(where: { $0.recognizes(source) }) { return found }
        let known = all.map(\.name).joined(separator: ", ")
        let what = source.isBundle ? "is a bundle of several models; name one of them, or open it as a GenerationPipeline" : source.problem
        throw TesseraError(
            source.isBundle ? .usage : .unsupported, "\(source.given) \(what)", file: source.path,
            remedy: "formats that can be opened: \(known)")
    }
}
