import Foundation
import FourM

/// Generation settings of ml-4m, from one or several files laid over each other as `run_generation.py` does with `-c`, `-dc`, `-gc`
/// and `-src`.
struct SettingsFiles {
    private(set) var config = ConfigFile()
    private(set) var base: GenerationSettings?
    private(set) var superResolution: GenerationSettings?

    init() {}

    /// Reads the files; keys without effect are named in warnings.
    /// - Throws: `TesseraError` naming the file; `SettingsError` naming the key.
    init(_ files: [String], superResolution second: String?) throws {
        for (flag, file) in files.map({ ("--settings", $0) }) + [second].compactMap({ $0 }).map({ ("--sr-settings", $0) }) {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw Refusal.missing("\(flag): \(file) cannot be read")
            }
            let own = try ConfigFile(yaml: text, file: file)
            SettingsFiles.warn(own, file)
            config = config.overlaid(by: own)
        }
        base = try config.baseSettings()
        superResolution = try config.superResolutionSettings()
        if let second, superResolution == nil { throw Refusal.content("--sr-settings: \(second) names no sr_target_domains") }
    }

    /// What the files set beside targets: seed, samples, variations, denoising steps.
    func seed() throws -> UInt64? { try config["seed"] == nil ? nil : UInt64(bitPattern: Int64(config.seed())) }
    func variations() throws -> Int? { try config["num_variations"] == nil ? nil : config.variations() }
    func samples() throws -> Int? { try config.sampleLimit() }
    func diffusionSteps() throws -> Int? { try config["detokenizer_steps"] == nil ? nil : config.modelSources().detokenizerSteps }
    var namesSuperResolutionConditions: Bool { config["sr_cond_domains"] != nil }

    /// Conditions that the files name and nobody gave, or the other way round.
    func warnOfConditions(_ given: [String]) {
        guard let named = config["cond_domains"]?.split(separator: "-").map(String.init) else { return }
        for name in named where !given.contains(name) { Terminal.warn("cond_domains names '\(name)', which is not given") }
        for name in given where !named.contains(name) {
            Terminal.warn("'\(name)' is given but is not in cond_domains; it conditions all the same")
        }
    }

    private static func warn(_ config: ConfigFile, _ file: String) {
        let inBundle = config.bundleKeys
        if !inBundle.isEmpty {
            Terminal.warn("\(file): no effect here: \(inBundle.joined(separator: ", ")); models and tokenizers are named in bundle.yaml")
        }
        let ignored = config.ignoredKeys.map { key in hints[key].map { "\(key) (\($0))" } ?? key }
        if !ignored.isEmpty { Terminal.warn("\(file): no effect: \(ignored.joined(separator: ", "))") }
    }

    /// What to use in place of a key.
    private static let hints = [
        "dtype": "use --precision", "data_path": "use --input FOLDER or --prompts FILE", "output_dir": "use --output",
        "parti_prompts_t5_embs": "use --input t5_caption=FILE.npy", "save_all_outputs": "everything is saved",
    ]
}
