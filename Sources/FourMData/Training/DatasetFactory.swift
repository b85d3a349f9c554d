import FourMSettings
import FourMText

/// Makes data sets of what a data file says of them.
struct DatasetFactory: Sendable {
    let run: FMRunSettings
    let modalities: TrainingModalities
    let tokenizer: TextTokenizer?

    func make(
        _ settings: DatasetSettings4M, _ budgets: MaskingSetup.Budgets, isTraining: Bool, _ damaged: DamagedSamples
    ) throws -> MaskedDataset {
        let infos = settings.domains.compactMap { modalities[$0] }
        try check(settings, infos)
        var wanted = infos.map(\.name)
        if SampleDecoder.needsCropSettings(infos) { wanted.append(ModalityFolders.cropSettings) }
        let folders = ModalityFolders(names: settings.names)
        let source: any SampleSource =
            try settings.usesShards ? ShardSource(settings.path, wanted, folders) : FolderSource(settings.path, wanted, folders)
        let decoder = SampleDecoder(
            modalities: infos, settings: settings, tokenizer: tokenizer, imageSize: run.imageSize, patchSize: run.patchSize,
            boxBins: DatasetFactory.boxBins(tokenizer), isTraining: isTraining)
        let masking = try MaskingSetup.make(settings, modalities, budgets, tokenizer)
        return MaskedDataset(name: settings.name, source: source, decoder: decoder, masking: masking, damaged: damaged)
    }

    private func check(_ settings: DatasetSettings4M, _ infos: [ModalityInfo]) throws(FourMError) {
        if infos.contains(where: { $0.name == "sam_instance" }) {
            throw FourMError(
                "\(settings.place): 'sam_instance' is kept in arrays of Python objects (pickle), which are not read; take it out of in_domains and "
                    + "out_domains", .request)
        }
        if tokenizer == nil, let text = infos.first(where: \.isSequence) {
            throw FourMError("\(settings.place): '\(text.name)' needs a text tokenizer; set text_tokenizer_path", .request)
        }
    }

    /// Coordinates that a text tokenizer has (v0=0, v0=1, …): 1000 in 4M's.
    private static func boxBins(_ tokenizer: TextTokenizer?) -> Int {
        guard let tokenizer else { return 1000 }
        var bins = 0
        while bins < 1 << 16, tokenizer.id(for: "v0=\(bins)") != nil { bins += 1 }
        return bins >= 2 ? bins : 1000
    }
}
