/// The dictionary of a pickle that is a model's state dict, and its tensors.
struct StateDict {
    /// Keys that lead to it from the root.
    let path: [String]
    /// The tensors by name, in the order of the file; of equal names the last counts.
    private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
    /// Entries that were passed over, such as sparse tensors, with the names of what would make them.
    private(set) var unread: [String: String] = [:]
    /// What was chosen where there was a choice, and the prefix that ``TensorNames`` took off.
    private(set) var notes: [String] = []

    /// Dictionaries inside each other, and in all, that are looked at.
    private static let deepest = 4
    private static let maximumLooked = 10_000

    /// Of several dictionaries with tensors the one that a known model's names are in, of these that in the usual place, such as `model`.
    /// - Parameters:
    ///   - key: names it instead: keys joined by points, after which the start of names may follow.
    ///   - keepsNames: takes no prefix off.
    /// - Throws: ``CheckpointError`` that says what there is.
    init(_ pickle: Pickle, key: String?, keepsNames: Bool, file: String) throws(CheckpointError) {
        guard pickle.entries(pickle.root) != nil else { throw StateDict.noDictionary(pickle, file) }
        let found = StateDict.candidates(pickle)
        let fitting = found.filter(\.fits)
        let ranked = (fitting.isEmpty ? found : fitting).sorted { a, b in
            (StandardNames.rank(a.path.last ?? ""), a.path.count, -a.count) < (
                StandardNames.rank(b.path.last ?? ""), b.path.count, -b.count
            )
        }
        if let key, !key.isEmpty {
            var (place, value, rest) = StateDict.walk(pickle, key)
            // The start of names in the dictionary that would be taken otherwise.
            if place.isEmpty, let usual = ranked.first { (place, value) = (usual.path, usual.value) }
            path = place
            take(StateDict.entries(pickle, value))
            try rename(prefix: rest.isEmpty ? nil : rest + ".", key: key, found, file)
            guard !tensors.isEmpty else { throw StateDict.noTensors(key, found, file) }
            notes.insert("the state dict under \(StateDict.quoted(place)) is taken", at: 0)
            return
        }
        guard let chosen = ranked.first else { throw StateDict.none(pickle, file) }
        path = chosen.path
        take(StateDict.entries(pickle, chosen.value))
        if keepsNames { return }
        try rename(prefix: nil, key: "", found, file)
        let others = fitting.filter { $0.path != chosen.path }.map { StateDict.quoted($0.path) }
        if !others.isEmpty || !["", "model", "state_dict"].contains(path.joined(separator: ".")) {
            notes.insert(
                "the state dict under \(StateDict.quoted(path)) is taken"
                    + (others.isEmpty ? "" : "; others are under \(others.prefix(6).joined(separator: ", ")) (--state-key chooses)"), at: 0)
        }
    }

    private mutating func take(_ entries: [(name: String, value: PickleNode)]) {
        var places: [String: Int] = [:]
        for (name, value) in entries {
            switch value {
            case .tensor(let tensor):
                unread[name] = nil
                if let place = places[name] {
                    tensors[place].tensor = tensor
                } else {
                    places[name] = tensors.count
                    tensors.append((name, tensor))
                }
            case .opaque(let maker): unread[name] = maker
            default: break
            }
        }
    }

    private mutating func rename(prefix: String?, key: String, _ found: [Candidate], _ file: String) throws(CheckpointError) {
        guard let names = TensorNames(tensors.map(\.name) + unread.keys.sorted(), prefix: prefix) else {
            throw StateDict.noTensors(key, found, file)
        }
        notes += names.notes
        tensors = tensors.compactMap { name, tensor in names.renamed[name].map { ($0, tensor) } }
        unread = Dictionary(unread.compactMap { name, maker in names.renamed[name].map { ($0, maker) } }) { first, _ in first }
    }

    // MARK: Candidates

    private struct Candidate {
        let path: [String]
        let value: PickleValue
        let count: Int
        let fits: Bool
    }

    /// Dictionaries with tensors, the outer ones first.
    private static func candidates(_ pickle: Pickle) -> [Candidate] {
        var (found, seen): ([Candidate], Set<Int>) = ([], [])
        var level: [(path: [String], value: PickleValue)] = [([], pickle.root)]
        for _ in 0..<deepest {
            var next: [(path: [String], value: PickleValue)] = []
            for (path, value) in level {
                guard case .node(let index) = value, seen.count < maximumLooked, seen.insert(index).inserted else { continue }
                let names = entries(pickle, value).filter { if case .tensor = $0.value { true } else { false } }.map(\.name)
                if !names.isEmpty {
                    found.append(Candidate(path: path, value: value, count: names.count, fits: TensorNames.fit(names)))
                }
                for (key, value) in pickle.entries(value) ?? [] {
                    if case .string(let key) = key, pickle.entries(value) != nil { next.append((path + [key], value)) }
                }
            }
            level = next
        }
        return found
    }

    /// Entries with names, of values that are nodes.
    private static func entries(_ pickle: Pickle, _ dictionary: PickleValue) -> [(name: String, value: PickleNode)] {
        (pickle.entries(dictionary) ?? []).compactMap { entry in
            guard case .string(let name) = entry.key, let node = pickle.node(entry.value) else { return nil }
            return (name, node)
        }
    }

    /// Follows `key` as far as there are dictionaries; keys may have points themselves.
    private static func walk(_ pickle: Pickle, _ key: String) -> (path: [String], value: PickleValue, rest: String) {
        var (path, value): ([String], PickleValue) = ([], pickle.root)
        var parts = key.split(separator: ".", omittingEmptySubsequences: true)[...]
        search: while !parts.isEmpty {
            for count in (1...parts.count).reversed() {
                let name = parts.prefix(count).joined(separator: ".")
                guard let inner = pickle.value(name, of: value), pickle.entries(inner) != nil else { continue }
                (path, value) = (path + [name], inner)
                parts = parts.dropFirst(count)
                continue search
            }
            break
        }
        return (path, value, parts.joined(separator: "."))
    }

    // MARK: Messages

    private static func quoted(_ path: [String]) -> String {
        path.isEmpty ? "no key" : "'\(path.joined(separator: ".").prefix(200))'"
    }

    private static func noDictionary(_ pickle: Pickle, _ file: String) -> CheckpointError {
        if case .opaque(let name) = pickle.node(pickle.root) {
            return CheckpointError(
                .unsupported, file: file, subject: name,
                "holds a whole object of this class and no state dict; such a file is read by running code, and nothing was executed",
                advice: wholeObject)
        }
        return CheckpointError(
            .unsupported, file: file, "holds \(pickle.kindName(pickle.root)), a dict of tensors is needed",
            advice: "save a state dict: torch.save(model.state_dict(), …)")
    }

    private static let wholeObject =
        "where you trust its origin, load it in Python and save the state dict alone: torch.save(model.state_dict(), …)"

    private static func none(_ pickle: Pickle, _ file: String) -> CheckpointError {
        let entries = pickle.entries(pickle.root) ?? []
        let keys = entries.compactMap { entry in
            if case .string(let name) = entry.key { JSONText.quoted(String(name.prefix(40))) } else { nil }
        }
        for key in ["model", "state_dict", "module", "net"] {
            guard let value = pickle.value(key, of: pickle.root), case .opaque(let name) = pickle.node(value) else { continue }
            return CheckpointError(
                .unsupported, file: file, subject: name, "'\(key)' is a whole object of this class and no state dict; nothing was executed",
                advice: wholeObject)
        }
        return CheckpointError(
            .missing, file: file, "no dict with tensors is in it",
            advice: keys.isEmpty ? "it holds an empty dict" : "its keys are: \(keys.prefix(12).joined(separator: ", "))")
    }

    private static func noTensors(_ key: String, _ found: [Candidate], _ file: String) -> CheckpointError {
        let known = found.map { quoted($0.path) }
        return CheckpointError(
            .missing, file: file, subject: key, "no tensors are under this key (--state-key)",
            advice: known.isEmpty ? "there are none at all" : "tensors are under: \(known.prefix(12).joined(separator: ", "))")
    }
}
