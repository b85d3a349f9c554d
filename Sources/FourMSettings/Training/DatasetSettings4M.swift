/// One data set of a data file.
package struct DatasetSettings4M: Sendable, Hashable {
    package let name: String
    /// Modalities, sorted.
    package var inputs, outputs: [String]
    /// Of the Dirichlet distributions, by modality; 0 for those that are not there.
    package var inputAlphas: [String: Double] = [:]
    package var targetAlphas: [String: Double] = [:]
    /// A file with a mixture of alphas, which counts in place of the others.
    package var alphasFile: String?
    package var path: String
    package var usesShards: Bool
    /// nil: those of the run.
    package var inputTokens, targetTokens, smallestInputTokens, smallestTargetTokens: Int?
    /// The modality whose pictures have the size that crops and boxes refer to.
    package var mainDomain: String?
    /// Whether the caption of a crop is the one of the same number.
    package var alignsCaptions: Bool
    /// Whether tokens of other crops than the first are taken.
    package var augmentsTokens: Bool
    /// Names of modalities by names of folders.
    package var names: [String: String]
    /// Without tokens: crops that are drawn.
    package var flipShare: Double
    package var cropScale, cropRatio: [Double]
    /// Where it stands in its file.
    package let place: String

    package var domains: [String] { Set(inputs + outputs).sorted() }

    /// Keys that say how the reference shuffles and repeats; here an epoch is a permutation.
    static let passedOver = ["wds_n_repeats", "wds_shuffle_buffer_tar", "wds_shuffle_buffer_repeat", "shuffle_buffer_load"]

    private static let keys =
        passedOver + [
            "type", "in_domains", "out_domains", "input_alphas", "target_alphas", "alphas_config", "data_path", "use_wds",
            "num_input_tokens",
            "num_target_tokens", "min_input_tokens", "min_target_tokens", "main_augment_domain", "aligned_captions", "tok_train_aug",
            "modality_name_map", "hflip", "crop_scale", "crop_ratio",
        ]

    init(_ name: String, _ section: SettingsSection) throws(SettingsError) {
        try section.check(known: DatasetSettings4M.keys)
        (self.name, place) = (name, section.place)
        let type = try section.required("type", try section.text("type"), why: "'multimodal' is a folder or shards")
        guard type != "huggingface" else {
            throw section.fault(
                "type",
                allowed: "read: data sets of the Hub are not streamed; put the texts into a folder of captions (caption/x/NAME.txt) or "
                    + "shards, and make the type 'multimodal'")
        }
        guard type == "multimodal" else { throw section.fault("type", allowed: "multimodal") }
        inputs = try section.required("in_domains", try section.domains("in_domains"), why: "it names the modalities that are input")
        outputs = try section.required("out_domains", try section.domains("out_domains"), why: "it names the modalities that are output")
        path = try section.required("data_path", try section.text("data_path"), why: "it says where the data are")
        usesShards = try section.flag("use_wds") ?? false
        alphasFile = try section.text("alphas_config")
        inputTokens = try section.integer("num_input_tokens", in: 1...1 << 20)
        targetTokens = try section.integer("num_target_tokens", in: 1...1 << 20)
        smallestInputTokens = try section.integer("min_input_tokens", in: 0...1 << 20)
        smallestTargetTokens = try section.integer("min_target_tokens", in: 0...1 << 20)
        mainDomain = try section.text("main_augment_domain")
        alignsCaptions = try section.flag("aligned_captions") ?? true
        augmentsTokens = try section.flag("tok_train_aug") ?? true
        flipShare = try section.number("hflip", in: 0...1) ?? 0.5
        cropScale = try section.numbers("crop_scale", count: 2, in: 0...1) ?? [0.2, 1]
        cropRatio = try section.numbers("crop_ratio", count: 2, in: 0.01...100) ?? [0.75, 1.3333]
        names = try DatasetSettings4M.names(section)
        if alphasFile == nil {
            inputAlphas = try DatasetSettings4M.alphas(section, "input_alphas", inputs)
            targetAlphas = try DatasetSettings4M.alphas(section, "target_alphas", outputs)
        }
        try checkPath(section)
    }

    /// This set with what an entry of `val` says.
    func evaluation(_ section: SettingsSection) throws(SettingsError) -> DatasetSettings4M {
        try section.check(known: DatasetSettings4M.keys)
        var made = self
        made.path = try section.text("data_path") ?? path
        // The reference reads evaluation sets as folders whatever the key says.
        made.usesShards = try section.flag("use_wds") ?? made.path.hasSuffix(".tar")
        made.inputs = try section.domains("in_domains") ?? inputs
        made.outputs = try section.domains("out_domains") ?? outputs
        made.mainDomain = try section.text("main_augment_domain") ?? mainDomain
        made.alignsCaptions = try section.flag("aligned_captions") ?? alignsCaptions
        made.inputTokens = try section.integer("num_input_tokens", in: 1...1 << 20)
        made.targetTokens = try section.integer("num_target_tokens", in: 1...1 << 20)
        made.smallestInputTokens = try section.integer("min_input_tokens", in: 0...1 << 20)
        made.smallestTargetTokens = try section.integer("min_target_tokens", in: 0...1 << 20)
        made.augmentsTokens = false
        try made.checkPath(section)
        return made
    }

    private func checkPath(_ section: SettingsSection) throws(SettingsError) {
        for scheme in ["s3:", "http:", "https:", "gs:", "pipe:"] where path.hasPrefix(scheme) {
            throw section.fault("data_path", allowed: "a path of this machine; copy the data here first")
        }
        if !usesShards, path.hasSuffix(".tar") { throw section.fault("data_path", allowed: "a folder; shards need use_wds: True") }
    }

    private static func names(_ section: SettingsSection) throws(SettingsError) -> [String: String] {
        guard let map = try section.section("modality_name_map") else { return [:] }
        var names: [String: String] = [:]
        for folder in map.keys { names[folder] = try map.text(folder) }
        return names
    }

    /// One number for all, or one each, joined by '-', in the sorted order of the modalities.
    private static func alphas(_ section: SettingsSection, _ key: String, _ domains: [String]) throws(SettingsError) -> [String: Double] {
        guard let text = try section.text(key) else { return [:] }
        let whole = Double(text).map { [$0] }
        let numbers = whole ?? text.split(separator: "-").compactMap { Double($0) }
        guard numbers.count == 1 || numbers.count == domains.count, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }),
            whole != nil || numbers.count == text.split(separator: "-").count
        else {
            throw section.fault(
                key, allowed: "one number from 0 on, or \(domains.count) joined by '-', one for each of \(domains.joined(separator: ", "))")
        }
        return Dictionary(uniqueKeysWithValues: domains.enumerated().map { ($1, numbers.count == 1 ? numbers[0] : numbers[$0]) })
    }
}
