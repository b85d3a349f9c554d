import IR

/// Turns what a source holds into a module of stage `imported`.
package protocol ModelImporter: Sendable {
    /// What people call the format.
    var name: String { get }

    /// Whether `source` is of this format, told by its content; cheap.
    func recognizes(_ source: ModelSource) -> Bool

    /// - Throws: the importer's own errors, which name file, tensor or key.
    func load(_ source: ModelSource, _ options: Model.Options) throws -> Module
}

/// The importers there are, asked in this order.
package enum ModelImporters {
    package static let all: [any ModelImporter] = [ONNXModelImporter(), FourMModelImporter()]

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
