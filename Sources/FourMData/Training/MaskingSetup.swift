import Formats
import FourMSettings
import FourMText
import FourMTraining

/// The masking of one data set: its alphas and numbers of tokens.
///
/// Source: `setup_sampling_mod_info` in `fourm/data/pretrain_utils.py`. The weights of a mixture count for folders and evaluation sets as well; the
/// reference hands them on for shards alone.
enum MaskingSetup {
    /// Numbers of tokens of a sample.
    struct Budgets: Sendable, Equatable {
        let input, target: ClosedRange<Int>
    }

    static func budgets(_ dataset: DatasetSettings4M, _ run: FMRunSettings) -> Budgets {
        func range(_ least: Int?, _ most: Int?, _ whole: ClosedRange<Int>) -> ClosedRange<Int> {
            let most = most ?? whole.upperBound
            let wholeLeast = whole.lowerBound == whole.upperBound ? most : whole.lowerBound
            return min(least ?? wholeLeast, most)...most
        }
        return Budgets(
            input: range(dataset.smallestInputTokens, dataset.inputTokens, run.inputTokens),
            target: range(dataset.smallestTargetTokens, dataset.targetTokens, run.targetTokens))
    }

    static func make(
        _ dataset: DatasetSettings4M, _ modalities: TrainingModalities, _ budgets: Budgets, _ tokenizer: TextTokenizer?
    ) throws -> UnifiedMasking {
        let alphas = try dataset.alphasFile.map {
            try AlphasSettings(yaml: SettingsText.read($0, named: "alphas_config", dataset.place), file: $0)
        }
        let masked = try dataset.domains.compactMap { name -> ModalityMasking? in
            guard let info = modalities[name] else { return nil }
            return try modality(info, modalities.tokens(info), dataset, alphas)
        }
        return try UnifiedMasking(
            masked, inputTokens: budgets.input, targetTokens: budgets.target, weights: alphas?.weights,
            vocabulary: try vocabulary(tokenizer))
    }

    private static func modality(
        _ info: ModalityInfo, _ tokens: Int, _ dataset: DatasetSettings4M, _ alphas: AlphasSettings?
    ) throws -> ModalityMasking {
        guard let alphas else {
            return ModalityMasking(
                name: info.name, kind: info.kind, maxTokens: tokens, inputAlphas: [dataset.inputAlphas[info.name] ?? 0],
                targetAlphas: [dataset.targetAlphas[info.name] ?? 0])
        }
        guard let own = alphas.modalities[info.name] else {
            throw SettingsError.inFile(alphas.file, .missingKey(key: info.name, why: "the data set \(dataset.name) has this modality"))
        }
        return ModalityMasking(
            name: info.name, kind: info.kind, maxTokens: tokens, inputAlphas: own.inputAlphas, targetAlphas: own.targetAlphas,
            keep: info.kind == .image ? nil : own.keep?.compactMap(KeepScheme.init(rawValue:)))
    }

    /// Of a training without texts there are no sentinels.
    private static func vocabulary(_ tokenizer: TextTokenizer?) throws -> TextMaskingVocabulary {
        guard let tokenizer else { return TextMaskingVocabulary(sentinels: Sentinels(idOfNumber: [:]), endID: 0, paddingID: 0) }
        guard let end = tokenizer.id(for: "[EOS]"), let padding = tokenizer.id(for: "[PAD]") else {
            throw FourMError("the text tokenizer lacks [EOS] or [PAD]; train one with 'tessera train wordpiece'", .request)
        }
        return TextMaskingVocabulary(sentinels: tokenizer.sentinels, endID: end, paddingID: padding)
    }
}

/// The text of a settings file.
package enum SettingsText {
    /// - Parameters:
    ///   - key, place: which key names the file, and where.
    /// - Throws: ``FourMError`` for a file that is not there, `CheckpointError`.
    package static func read(_ path: String, named key: String, _ place: String) throws -> String {
        let bytes: [UInt8]
        do throws(CheckpointError) {
            bytes = try MappedFile.bytes(path, limit: 4 << 20)
        } catch {
            let hint = path.hasSuffix(".yaml") ? "" : " (is '.yaml' missing at its end?)"
            throw FourMError("\(place): '\(key)': \(error)\(hint); paths are looked up from the working folder", .request)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FourMError("\(path) is no UTF-8") }
        return text
    }
}
