import Inspect

/// Brings files of several modalities together: those of one name are one sample.
struct InputPairing {
    /// What a list of files is for, and the name of each file.
    struct List {
        let modality: String
        let names: [String]
    }

    /// A file without a partner.
    struct Single {
        let list: Int
        let index: Int
        let reason: String
    }

    /// For each list, its indices in the order of the samples.
    private(set) var order: [[Int]] = []
    private(set) var singles: [Single] = []

    /// - Throws: ``WorkError`` for a name that one list has twice, and for lists without a name in common.
    init(_ lists: [List]) throws {
        let places = try lists.map { list in
            try Dictionary(list.names.enumerated().map { ($1, $0) }) { _, second in
                throw WorkError(
                    "several files given for '\(list.modality)' are called '\(list.names[second])'; they cannot be paired by name", .content
                )
            }
        }
        guard let first = lists.first else { return }
        let common = first.names.filter { name in places.allSatisfy { $0[name] != nil } }
        guard !common.isEmpty else {
            let examples = lists.map { "'\($0.names.first ?? "")' for '\($0.modality)'" }.joined(separator: ", ")
            throw WorkError("files are paired by name, and no name is common to all: \(examples)", .content)
        }
        order = places.map { place in common.compactMap { place[$0] } }
        for (number, list) in lists.enumerated() {
            for (index, name) in list.names.enumerated() {
                guard let lacking = lists.indices.first(where: { places[$0][name] == nil }) else { continue }
                singles.append(Single(list: number, index: index, reason: "no file for '\(lists[lacking].modality)' is called '\(name)'"))
            }
        }
    }
}
