import Files
import Foundation
import FourM
import FourMSettings
import Inspect

/// Generation settings of ml-4m, from one or several files laid over each other as `run_generation.py` does with `-c`, `-dc`, `-gc`
/// and `-src`.
package struct SettingsFiles {
    package private(set) var config = ConfigFile()
    package private(set) var base: GenerationSettings?
    package private(set) var superResolution: GenerationSettings?

    /// Paths of the files.
    package private(set) var files: [String] = []

    package init() {}

    /// Reads the files; keys without effect are named in warnings.
    /// - Throws: `InputError` and ``WorkError`` naming the file; `SettingsError` naming the key.
    package init(_ files: [String], superResolution second: String?, warn: (String) -> Void) throws {
        self.files = files + [second].compactMap { $0 }
        for file in self.files {
            let own = try ConfigFile(yaml: InputFile.text(file), file: file)
            guard !own.values.isEmpty else { throw WorkError("\(file) holds no settings", .content) }
            SettingsFiles.tell(own, file, warn)
            config = config.overlaid(by: own)
        }
        do throws(SettingsError) {
            base = try config.baseSettings()
            superResolution = try config.superResolutionSettings()
        } catch { throw SettingsError.inFile(self.files.joined(separator: ", "), error) }
        if let second, superResolution == nil { throw WorkError("\(second) names no sr_target_domains", .content) }
    }

    /// What the files set beside targets: seed, samples, variations, denoising steps.
    package func seed() throws -> UInt64? { try config["seed"] == nil ? nil : UInt64(bitPattern: Int64(config.seed())) }
    package func variations() throws -> Int? { try config["num_variations"] == nil ? nil : config.variations() }
    package func samples() throws -> Int? { try config.sampleLimit() }
    package func diffusionSteps() throws -> Int? { try config["detokenizer_steps"] == nil ? nil : config.modelSources().detokenizerSteps }
    package var namesSuperResolutionConditions: Bool { config["sr_cond_domains"] != nil }

    /// Conditions that the files name and nobody gave, or the other way round.
    package func warnOfConditions(_ given: [String], _ warn: (String) -> Void) {
        guard let named = config["cond_domains"]?.split(separator: "-").map(String.init) else { return }
        for name in named where !given.contains(name) { warn("cond_domains names '\(name)', which is not given") }
        for name in given where !named.contains(name) {
            warn("'\(name)' is given but is not in cond_domains; it conditions all the same")
        }
    }

    private static func tell(_ config: ConfigFile, _ file: String, _ warn: (String) -> Void) {
        let inBundle = config.bundleKeys
        if !inBundle.isEmpty {
            warn("\(file): no effect here: \(inBundle.joined(separator: ", ")); models and tokenizers are named in bundle.yaml")
        }
        let ignored = config.ignoredKeys.map { key in hints[key].map { "\(key) (\($0))" } ?? key }
        if !ignored.isEmpty { warn("\(file): no effect: \(ignored.joined(separator: ", "))") }
    }

    /// What to use in place of a key.
    private static let hints = [
        "dtype": "use --precision", "data_path": "use --input FOLDER or --prompts FILE", "output_dir": "use --output",
        "parti_prompts_t5_embs": "use --input t5_caption=FILE.npy", "save_all_outputs": "everything is saved",
    ]
}
