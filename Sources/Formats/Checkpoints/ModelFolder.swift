/// Which of a folder's files are its model, told by their names.
package enum ModelFolder {
    package enum Choice: Equatable, Sendable {
        /// One file; `isUsual` where its name is the one that everybody uses.
        case file(String, isUsual: Bool)
        /// A shard index.
        case index(String)
        /// All shards of a set that has no index.
        case shards([String])
        /// A set without index, and the shards of it that are not there.
        case incomplete(missing: [String])
        /// Several models, by the name of a file or index each.
        case several([String])
        case none
    }

    /// What trainers write beside a model.
    private static let strangers = [
        "training_args", "optimizer", "scheduler", "scaler", "rng_state", "random_states", "zero_pp_rank", "events.",
    ]

    /// - Parameter names: of the folder's files.
    package static func choice(among names: [String]) -> Choice {
        let lower = Dictionary(names.sorted(by: >).map { ($0.lowercased(), $0) }) { _, last in last }
        if names.contains("model.safetensors") { return .file("model.safetensors", isUsual: true) }
        if let single = lower["model.safetensors"] { return .file(single, isUsual: true) }
        for usual in ["model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"] {
            guard let name = lower[usual] else { continue }
            return usual.hasSuffix(".json") ? .index(name) : .file(name, isUsual: true)
        }
        let indices = names.filter { $0.lowercased().hasSuffix(".json") && $0.lowercased().contains(".index.") }.sorted()
        let models = names.filter { isModel($0) && ShardName($0) == nil }.sorted()
        let whole = models.filter { name in
            !models.contains { $0 != name && stem($0) == stem(name) && $0.lowercased().hasSuffix(ModelSuffix.all[0]) }
        }
        // The shards of an index are no models of their own.
        let sets = indices.isEmpty ? sets(names) : []
        let complete = sets.filter { $0.all(among: names).allSatisfy(names.contains) }
        let all = indices + whole + complete.map(\.name)
        if all.count > 1 { return .several(all) }
        if let index = indices.first { return .index(index) }
        if let file = whole.first { return .file(file, isUsual: false) }
        guard let set = complete.first ?? sets.first else { return .none }
        return complete.isEmpty && sets.count > 1 ? .several(sets.map(\.name)) : choice(of: set, among: names)
    }

    /// The first shard of each set, by name.
    private static func sets(_ names: [String]) -> [ShardName] {
        let sets = Dictionary(grouping: names.compactMap(ShardName.init)) { $0.set }
        return sets.values.compactMap { $0.min { $0.name < $1.name } }.sorted { $0.name < $1.name }
    }

    /// The set that `shard` is of, where there is no index.
    static func choice(of shard: ShardName, among names: [String]) -> Choice {
        let all = shard.all(among: names)
        let missing = all.filter { !names.contains($0) }
        return missing.isEmpty ? .shards(all) : .incomplete(missing: missing)
    }

    /// Whether a file's name is that of a model or a part of one.
    package static func isModel(_ name: String) -> Bool {
        let lower = name.lowercased()
        return ModelSuffix.all.contains { lower.hasSuffix($0) && lower != $0 } && !strangers.contains(where: lower.hasPrefix)
    }

    /// The name without the suffix of a model, whatever its case.
    package static func stem(_ name: String) -> String {
        ModelSuffix.all.first { name.lowercased().hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
    }
}

/// A file's name of the form `BASE-00001-of-00003.safetensors`.
package struct ShardName: Sendable {
    package let name: String
    private let base: String
    private let suffix: String
    private let number: Int
    package let count: Int
    private let digits: Int

    /// Shards that one set may have.
    private static let maximumCount = 10_000

    /// nil for other names.
    package init?(_ name: String) {
        guard let match = name.wholeMatch(of: /(.+)-([0-9]{1,6})-of-([0-9]{1,6})(\..+)/), ModelFolder.isModel(name),
            let number = Int(match.2), let count = Int(match.3), (1...ShardName.maximumCount).contains(count), (0...count).contains(number)
        else { return nil }
        self.name = name
        (base, suffix) = (String(match.1), String(match.4))
        (self.number, self.count, digits) = (number, count, match.2.count)
    }

    /// What the shards of one set have in common.
    package var set: String { "\(base)-of-\(count)\(suffix)" }

    /// What the one file of a model of this name would be called.
    package var single: String { base + suffix }

    /// The names of the whole set. Some count from 0: that is told by `names`, those in the folder, unless this one is the last of those
    /// that count from 1.
    package func all(among names: some Sequence<String>) -> [String] {
        let fromZero = number == 0 || number < count && names.contains(name(of: 0))
        return (fromZero ? 0..<count : 1..<count + 1).map(name(of:))
    }

    private func name(of number: Int) -> String {
        "\(base)-\(ShardName.padded(number, digits))-of-\(ShardName.padded(count, digits))\(suffix)"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
