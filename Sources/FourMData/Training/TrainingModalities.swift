import FourMSettings
import FourMText

/// The modalities of a training with their sizes.
package struct TrainingModalities: Sendable {
    /// Sorted by name.
    package let all: [ModalityInfo]
    package let inputs, outputs: [String]
    /// Side of pictures, and of what a token stands for, for modalities that name none.
    package let imageSize, patchSize: Int

    /// - Throws: `SettingsError` for a modality that the table lacks, or that no model takes.
    package init(_ data: DataSettings, _ run: FMRunSettings) throws(SettingsError) {
        let table = try ModalityTable.standard.applying(run.modalityOverrides)
        var infos: [ModalityInfo] = []
        for name in data.domains {
            var info = try table.info(name)
            guard info.isInput || info.isOutput else {
                throw .value(key: "in_domains", value: name, allowed: "a modality of a 4M model; only tokenizers know it")
            }
            info.patchSize = info.patchSize ?? run.patchSize
            infos.append(info)
        }
        (all, imageSize, patchSize) = (infos, run.imageSize, run.patchSize)
        inputs = data.inputs.filter { name in infos.contains { $0.name == name && $0.isInput } }
        outputs = data.outputs.filter { name in infos.contains { $0.name == name && $0.isOutput } }
    }

    package subscript(name: String) -> ModalityInfo? { all.first { $0.name == name } }

    /// Tokens that a modality has at most.
    package func tokens(_ info: ModalityInfo) -> Int { info.tokenCount(imageSize: imageSize, patchSize: patchSize) ?? 0 }

    /// Positions of its masks.
    func positions(_ info: ModalityInfo) -> Int { info.isSequence ? 2 * (tokens(info) + 1) : tokens(info) }
}
