import Files
import Formats
import FourM
import FourMCodecs
import FourMData
import FourMModels
import FourMSettings
import Media
import Training

/// Sheets that show what a 4M model can do by now, with the tokenizers of a bundle: all modalities from a picture, and a picture from a caption.
struct FMSamples {
    /// Samples of a sheet.
    static let count = 4
    /// Steps and temperature of quick and steady samples.
    private static let steps = 8

    let bundle: Bundle
    let threads: Int?

    /// - Parameters:
    ///   - path: of the bundle.
    ///   - model: folder of the present model.
    /// - Throws: `BundleError` naming file and key.
    init(_ path: String, model: String, threads: Int?) throws {
        var bundle = try Bundle(path: path)
        (bundle.sources.model, bundle.lora) = (FilePath.absolute(model), [])
        (self.bundle, self.threads) = (bundle, threads)
    }

    /// Writes `picture.png` and `caption.png`, as far as the samples and the model have what it takes.
    func write(_ samples: [ShownSample], inputs: [String], outputs: [String], to folder: String) throws {
        let loaded = LoadedBundle(bundle, threads: threads)
        let shown = outputs.filter { name in
            loaded.bundle.hasTokenizer(name) || !ModalityWord.stem(of: name).isEmpty && !name.hasPrefix("tok_")
        }
        let pictured = samples.filter { $0.picture != nil }
        if let name = inputs.first(where: { $0.hasPrefix("rgb@") }), !pictured.isEmpty {
            let targets = shown.filter { !$0.hasPrefix("tok_rgb@") }
            let results = try generate(loaded, [name: pictured.compactMap { $0.picture.map { .picture($0) } }], targets)
            try sheet("All from a picture", pictured, results).writePNG(to: FilePath.join(folder, "picture.png"))
        }
        let captioned = samples.filter { $0.caption != nil }
        let pictures = shown.filter { $0.hasPrefix("tok_rgb@") }
        guard inputs.contains("caption"), !captioned.isEmpty, !pictures.isEmpty else { return }
        let results = try generate(loaded, ["caption": captioned.compactMap { $0.caption.map { .text($0) } }], pictures)
        try sheet("A picture from a caption", captioned, results).writePNG(to: FilePath.join(folder, "caption.png"))
    }

    private func generate(_ loaded: LoadedBundle, _ values: [String: [InputValue]], _ targets: [String]) throws -> [GenerationResult] {
        guard !targets.isEmpty else { return [] }
        var request = GenerationRequest()
        // Their values are in memory.
        request.inputs = values.keys.sorted().map { GenerationInput(modality: $0, value: "") }
        (request.targets, request.usesPreviewDecoders, request.superResolves) = (targets, true, false)
        (request.overrides.steps, request.overrides.guidance, request.isIndependent) = (FMSamples.steps, 1, true)
        return try Generator(loaded).run(request, values)
    }

    private func sheet(_ title: String, _ samples: [ShownSample], _ results: [GenerationResult]) throws -> ByteImage {
        let sections = zip(samples, results).map { sample, result in
            var cells: [ContactSheet.Cell] = []
            if let picture = sample.picture { cells.append(.init(title: "picture", .image(picture))) }
            if let caption = sample.caption { cells.append(.init(title: "caption", .text(caption))) }
            for target in result.targets {
                let words = target.summary ?? target.text ?? ""
                cells.append(
                    .init(title: target.modality, target.picture.map { .image($0) } ?? .text(words), key: target.key, footer: target.footer)
                )
            }
            return ContactSheet.Section(title: sample.name, cells)
        }
        return try ContactSheet(title: title, cellWidth: 168, cellHeight: 168, sections: sections).render()
    }
}

extension FMTask {
    /// With the tokenizers of the run's `bundle`, of the first evaluation set's first samples; nothing without them.
    package func writeSamples(_ trainer: Trainer, to folder: String) throws {
        guard let path = run.bundle, let set = evaluation.first else { return }
        let model = FilePath.join(folder, ".model")
        try Folders.make(model)
        defer { try? OutputFolder.withdraw(model) }
        try writeModel(trainer, to: model)
        try FMSamples(path, model: model, threads: threads).write(
            set.shown(FMSamples.count), inputs: data.modalities.inputs, outputs: data.modalities.outputs, to: folder)
    }
}
