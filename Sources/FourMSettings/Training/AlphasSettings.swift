/// A mixture of Dirichlet distributions, as a file of ml-4m tells it (`cfgs/default/4m/alphas_mixture/**`).
package struct AlphasSettings: Sendable, Hashable {
    package struct Modality: Sendable, Hashable {
        /// One for each component.
        package var inputAlphas, targetAlphas: [Double]
        /// Names of keep schemes, one for each component; nil where the file has none.
        package var keep: [String]?
        package let place: String
    }

    /// How often each component is taken; nil: all alike.
    package var weights: [Double]?
    package var modalities: [String: Modality]
    package let file: String

    /// - Throws: `SettingsError` naming file, line and key.
    package init(yaml text: String, file: String) throws(SettingsError) {
        self.file = file
        var root = try SettingsSection(yaml: text, file: file)
        if root.keys.contains("sampling_weights") {
            try root.check(known: ["sampling_weights", "alphas_mixture"])
            weights = try root.numbers("sampling_weights", in: 0...1e12)
            root = try root.required("alphas_mixture", try root.section("alphas_mixture"), why: "it has the alphas of each modality")
        }
        modalities = [:]
        var count = weights?.count
        for name in root.keys {
            guard let own = try root.section(name) else { throw root.fault(name, allowed: "a mapping with input_alphas and target_alphas") }
            let made = try AlphasSettings.modality(own)
            for (key, found) in [
                ("input_alphas", made.inputAlphas.count), ("target_alphas", made.targetAlphas.count), ("keep", made.keep?.count),
            ] {
                guard let found, found != count ?? found else { continue }
                throw own.fault(
                    key, "\(found) values", allowed: "\(count ?? 0), one for each component of the mixture, as others have them")
            }
            count = made.inputAlphas.count
            guard made.targetAlphas.count == count else {
                throw own.fault("target_alphas", "\(made.targetAlphas.count) values", allowed: "as many as input_alphas, \(count ?? 0)")
            }
            modalities[name] = made
        }
        guard !modalities.isEmpty else { throw .yaml(file: file, message: "it has no modality with alphas") }
    }

    private static func modality(_ section: SettingsSection) throws(SettingsError) -> Modality {
        try section.check(known: ["input_alphas", "target_alphas", "keep"])
        let range = 0...1e9
        let input = try section.required("input_alphas", try section.numbers("input_alphas", in: range), why: "the mixture needs them")
        let target = try section.required("target_alphas", try section.numbers("target_alphas", in: range), why: "the mixture needs them")
        let keep = try section.texts("keep")
        if let stranger = keep?.first(where: { !["random", "all", "binary"].contains($0) }) {
            throw section.fault("keep", stranger, allowed: "one of random, all, binary")
        }
        guard !input.isEmpty else { throw section.fault("input_alphas", allowed: "a list with one number for each component") }
        return Modality(inputAlphas: input, targetAlphas: target, keep: keep, place: section.place)
    }
}
