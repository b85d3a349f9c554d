import ArgumentParser
import Files
import Foundation
import FourM
import FourMCodecs
import FourMData
import FourMModels
import FourMSettings
import Jobs
import Media
import Passes

/// `tessera search`
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find photos of an index by a caption, a photo or any other input.",
        discussion: """
            The inputs become a vector in the way the index was made, and the photos whose vectors point most nearly in its direction \
            (cosine; encoder features as seen from the mean of the index) are listed, best first. Several inputs of different modalities describe one thing together. With a --weight for \
            each --input, in the same order, each is a query of its own and their unit vectors are added; a negative weight leads away.

            Examples:
              tessera search 4M-21 photos.safetensors --input caption="a red sphere"
              tessera search 4M-21 photos.safetensors --input rgb@224=photo.jpg --top 10 --sheet hits.png
              tessera search 4M-21 photos.safetensors --input rgb@224=beach.jpg --input caption="at night" --weight 1 --weight 0.5
            """)

    @Argument(help: ArgumentHelp("The bundle or model that the index was made with.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Index made by 'tessera embed'.", valueName: "index"))
    var index: String

    @Option(help: ArgumentHelp("What to look for: MODALITY=FILE or MODALITY=\"text\". Repeatable.", valueName: "modality=value"))
    var input: [String]

    @Option(
        parsing: .unconditionalSingleValue, help: ArgumentHelp("Weight of the --input at the same place. Repeatable.", valueName: "w"),
        transform: OptionValue.number())
    var weight: [Double] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("Photos to list.", valueName: "n"), transform: OptionValue.whole(1...Int.max))
    var top = 5

    @Option(help: ArgumentHelp("Write a contact sheet of query and hits, .png.", valueName: "file"))
    var sheet: String?

    @Option(help: ArgumentHelp("Where the photos are now, if not where they were.", valueName: "folder"))
    var folder: String?

    @Flag(help: "Print the hits as JSON.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    struct Hit: Encodable {
        let rank: Int
        let score: Double
        let name, path: String
    }

    func validate() throws {
        guard weight.isEmpty || weight.count == input.count else {
            throw ValidationError("--weight must be given once for each --input: \(weight.count) for \(input.count)")
        }
        guard weight.isEmpty || weight.contains(where: { $0 != 0 }) else {
            throw ValidationError("--weight must be numbers that are not all 0")
        }
        if sheet == "-" { throw ValidationError("--sheet - cannot be: standard output holds the hits; name a .png file") }
        if let sheet, !sheet.lowercased().hasSuffix(".png") { throw ValidationError("--sheet must end in .png, not '\(sheet)'") }
        let names = try queries().map(\.modality)
        guard !weight.isEmpty || Set(names).count == names.count else {
            throw ValidationError("several inputs of one modality are several queries; give a --weight for each --input")
        }
    }

    private func queries() throws -> [GenerationInput] {
        try input.map { argument in
            guard let made = GenerationInput(argument) else {
                throw ValidationError("--input must be MODALITY=FILE or MODALITY=\"text\", not '\(argument)'")
            }
            return made
        }
    }

    /// The queries by the model's own names of modalities.
    private func named(_ queries: [GenerationInput], _ loaded: LoadedBundle) throws -> [GenerationInput] {
        let named = try queries.map { query in
            let name = try loaded.input(query.modality, isArray: query.value.hasSuffix(".npy"))
            try FlagName.typed { try InputFiles.check(query.value, of: name) }
            return GenerationInput(modality: name, value: query.value)
        }
        guard !weight.isEmpty || Set(named.map(\.modality)).count == named.count else {
            throw Refusal.usage("several inputs of one modality are several queries; give a --weight for each --input")
        }
        return named
    }

    /// - Throws: `TesseraError` for a folder of photos that is not there.
    private func checkFolder() throws {
        guard let folder else { return }
        guard FilePath.exists(folder) else {
            throw Refusal.missing("--folder \(folder) does not exist; name the folder that holds the photos of \(index)")
        }
        guard FilePath.isFolder(folder) else {
            throw Refusal.usage("--folder \(folder) is no folder; name the one that holds the photos of \(index)")
        }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--sheet", sheet)
        try checkFolder()
        let stored = try EmbeddingIndex(path: index)
        let loaded = try ModelOrBundle.load(bundle, compute.policy)
        let queries = try named(queries(), loaded)
        let recipe = stored.recipe
        if recipe.method == .features, let other = queries.first(where: { $0.modality != recipe.modality }) {
            throw Refusal.content(
                "\(index) holds encoder features of \(recipe.modality), which can be compared with each other only, not with "
                    + "'\(other.modality)'; an index made with --target finds across modalities")
        }
        loaded.onLoad = { what in global.note("loading \(what)") }
        let identity = try loaded.modelIdentity()
        if identity != recipe.model { Terminal.warn("\(index) was made with \(recipe.model), this is \(identity)") }
        let embedder = try Embedder(loaded, recipe.method, inputs: Set(queries.map(\.modality)))
        embedder.sampling = recipe.sampling ?? EmbeddingSampling()
        embedder.ignoresOrientation = recipe.ignoresOrientation
        let given = try read(queries, embedder)
        let vectors = try given.enumerated().map { (vector: try embedder.embed($1.set).floats, weight: weight.isEmpty ? 1 : weight[$0]) }
        let root = folder ?? stored.folder
        let hits = try stored.nearest(to: vectors, count: top).enumerated().map { rank, hit in
            Hit(rank: rank + 1, score: hit.score, name: hit.name, path: (root as NSString).appendingPathComponent(hit.name))
        }
        if let sheet { try HitSheet(given: given, weights: weight, hits: hits, recipe: recipe, title: loaded.bundle.name).write(to: sheet) }
        if json { return try Output.writeJSON(hits) }
        Output.table([], hits.map { ["\($0.rank)", String(format: "%.4f", $0.score), $0.path] }, right: [0, 1])
    }

    /// All inputs as one query, or each as one of a weighted sum.
    private func read(_ queries: [GenerationInput], _ embedder: Embedder) throws -> [Embedder.Given] {
        if weight.isEmpty { return [try embedder.read(queries.map { ($0.modality, [$0.value]) })] }
        return try queries.map { try embedder.read([($0.modality, [$0.value])]) }
    }
}

/// A page with what was looked for and what was found.
struct HitSheet {
    let given: [Embedder.Given]
    /// Of each query; empty where all inputs are one.
    let weights: [Double]
    let hits: [SearchCommand.Hit]
    let recipe: EmbeddingIndex.Recipe
    let title: String

    func write(to path: String) throws {
        let cells = try given.enumerated().flatMap { index, given in
            let role = weights.indices.contains(index) ? "query × \(String(format: "%g", weights[index]))" : "query"
            return try given.pictures.map { ContactSheet.Cell(title: "\(ModalityNames.title($0.modality)) (\(role))", .image($0.picture)) }
                + given.texts.map { text in
                    ContactSheet.Cell(
                        title: "\(ModalityNames.title(text.modality)) (\(role))",
                        try text.picture(on: given.pictures.first?.picture).map { .image($0) } ?? .text(text.form.summary ?? text.text),
                        footer: text.form.footer)
                }
        }
        let found = hits.map { hit in
            ContactSheet.Cell(title: "\(hit.rank). similarity \(String(format: "%.4f", hit.score))", content(of: hit), footer: hit.name)
        }
        let how = recipe.target.map { "by predicted \(ModalityNames.title($0))" } ?? "by the encoder's features"
        try ContactSheet(
            title: "\(title): nearest \(hits.count) \(how)",
            sections: [ContactSheet.Section(title: "looked for", cells), ContactSheet.Section(title: "found", found)]
        )
        .render().writePNG(to: path)
    }

    private func content(of hit: SearchCommand.Hit) -> ContactSheet.Content {
        let base = ModalityInfo.baseName(of: recipe.modality)
        do {
            let isPhoto = base.hasPrefix("rgb")
            return .image(
                isPhoto
                    ? try ImageFile.load(path: hit.path)
                    : try TokenizerInput.pictures(base: base, [hit.path], size: PixelSize(height: 224, width: 224)).pictures[0])
        } catch {
            return .text("\(hit.path) cannot be shown")
        }
    }
}
