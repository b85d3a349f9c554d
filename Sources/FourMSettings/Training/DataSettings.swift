import Names

/// What a training reads, as a data file of ml-4m tells it (`cfgs/default/4m/data/**`).
package struct DataSettings: Sendable, Hashable {
    package var training: [DatasetSettings4M]
    /// How often a sample is taken from each of ``training``; any unit.
    package var weights: [Double]
    /// Of those of ``training`` that have one; with the training's settings where the file gives no others.
    package var evaluation: [DatasetSettings4M]
    /// Keys of which nothing comes here.
    package var passedOver: [String]

    /// - Throws: `SettingsError` naming file, line and key.
    package init(yaml text: String, file: String) throws(SettingsError) {
        let root = try SettingsSection(yaml: text, file: file)
        try root.check(known: ["train", "val"])
        let train = try root.required("train", try root.section("train"), why: "it has the data sets of the training")
        try train.check(known: ["datasets", "weights"])
        let sets = try train.required("datasets", try train.section("datasets"), why: "it has the data sets by name")
        training = []
        for name in sets.keys {
            guard let own = try sets.section(name) else { throw sets.fault(name, allowed: "a mapping of keys to values") }
            training.append(try DatasetSettings4M(name, own))
        }
        guard !training.isEmpty else { throw train.fault("datasets", allowed: "a mapping with at least one data set") }
        weights = try train.numbers("weights", count: training.count, in: 0...1e12) ?? training.map { _ in 1 }
        guard weights.contains(where: { $0 > 0 }) else { throw train.fault("weights", "all 0", allowed: "with one above 0") }
        evaluation = try DataSettings.evaluation(root, training)
        passedOver = DatasetSettings4M.passedOver.filter { key in
            sets.keys.contains { (try? sets.section($0))??.keys.contains(key) == true }
        }
    }

    private static func evaluation(
        _ root: SettingsSection, _ training: [DatasetSettings4M]
    ) throws(SettingsError) -> [DatasetSettings4M] {
        guard let section = try root.section("val") else { return [] }
        try section.check(known: ["datasets"])
        guard let sets = try section.section("datasets") else { return [] }
        var all: [DatasetSettings4M] = []
        for name in sets.keys {
            guard let base = training.first(where: { $0.name == name }) else {
                let known = training.map(\.name)
                throw sets.fault(name, name, allowed: "a data set of 'train'; \(NearNames.hint(name, in: known))")
            }
            guard let own = try sets.section(name) else { continue }
            all.append(try base.evaluation(own))
        }
        return all
    }

    /// All modalities that are input, and all that are output, sorted.
    package var inputs: [String] { Set(training.flatMap(\.inputs)).sorted() }
    package var outputs: [String] { Set(training.flatMap(\.outputs)).sorted() }
    package var domains: [String] { Set(inputs + outputs).sorted() }
}
