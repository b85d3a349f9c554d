/// What the names of a checkpoint's tensors say: whether a model is known by them, and what training wrappers put before and between their
/// parts.
struct TensorNames {
    /// Parts by which 4M models, their tokenizers and files of adapters are known.
    private static let marks: Set<Substring> = ["encoder_embeddings", "decoder_embeddings", "quantize"]
    private static let adapterMark: Substring = "lora_down"

    /// Parts that wrappers of PyTorch (DataParallel, compile, FSDP, activation checkpoints, Lightning's Fabric) put anywhere into a name; no
    /// tensor of a known model has them.
    private static let wrappers: Set<Substring> = [
        "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
    ]

    /// New names by old ones; what is left out has none.
    private(set) var renamed: [String: String] = [:]
    /// What was taken off, chosen and left out, a line each.
    private(set) var notes: [String] = []

    /// Whether one of `names` is of a known model, whatever stands before it.
    static func fit(_ names: some Sequence<String>) -> Bool {
        names.contains { name in parts(name).contains { marks.contains($0) || $0 == adapterMark } }
    }

    /// Takes off wrappers wherever they stand, and a prefix after which a known model's names begin. Names stay as they are where that would
    /// make two of them one.
    /// - Parameter prefix: takes this one, with its final point, and leaves out all else. nil if no name begins so.
    init?(_ names: [String], prefix: String? = nil) {
        guard let prefix else {
            rename(names)
            return
        }
        let inside = names.filter { $0.hasPrefix(prefix) && $0 != prefix }
        guard !inside.isEmpty else { return nil }
        rename(inside.map { String($0.dropFirst(prefix.count)) })
        renamed = Dictionary(renamed.map { (prefix + $0.key, $0.value) }) { first, _ in first }
        notes.insert("prefix '\(prefix)' taken off" + TensorNames.leftOut(names.count - inside.count), at: 0)
    }

    private mutating func rename(_ names: [String]) {
        let plain = names.map { TensorNames.unwrapped(TensorNames.parts($0)) }
        let (prefix, others) = TensorNames.prefix(plain)
        var owners: [String: String] = [:]
        var (leads, isWrappedInside): ([String: Int], Bool) = ([:], false)
        for (name, parts) in zip(names, plain) {
            guard parts.starts(with: prefix), parts.count > prefix.count else { continue }
            let short = parts.dropFirst(prefix.count).joined(separator: ".")
            guard owners.updateValue(name, forKey: short) == nil else {
                renamed = Dictionary(names.map { ($0, $0) }) { first, _ in first }
                return
            }
            if short == name { continue }
            let lead = TensorNames.lead(name, before: prefix.count)
            if lead.utf8.count + short.utf8.count < name.utf8.count { isWrappedInside = true }
            if !lead.isEmpty { leads[lead, default: 0] += 1 }
        }
        renamed = Dictionary(owners.map { ($0.value, $0.key) }) { first, _ in first }
        let shown = leads.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "'\($0.key)'" }
        if !shown.isEmpty {
            notes.append(
                "prefix \(shown.prefix(4).joined(separator: ", ")) taken off" + TensorNames.leftOut(names.count - owners.count)
                    + (others.isEmpty ? "" : " (a model is under \(others.prefix(4).joined(separator: ", ")) too: --state-key chooses)"))
        }
        if isWrappedInside { notes.append("names of wrappers such as '_orig_mod' inside the names taken out") }
    }

    private static func leftOut(_ count: Int) -> String {
        count == 0 ? "" : ", \(count) tensor\(count == 1 ? "" : "s") without it left out"
    }

    private static func parts(_ name: String) -> [Substring] { name.split(separator: ".", omittingEmptySubsequences: false) }

    /// The parts without wrappers; the last one is the tensor's own.
    private static func unwrapped(_ parts: [Substring]) -> [Substring] {
        guard let last = parts.last, parts.contains(where: wrappers.contains) else { return parts }
        return parts.dropLast().filter { !wrappers.contains($0) } + [last]
    }

    /// What stands before a model's own names, the standard one first; with it the other places of a model.
    private static func prefix(_ names: [[Substring]]) -> (chosen: [Substring], others: [String]) {
        var counts: [[Substring]: Int] = [:]
        for parts in names {
            if let place = parts.firstIndex(where: marks.contains), place < parts.count - 1 {
                counts[Array(parts[..<place]), default: 0] += 1
            }
        }
        guard counts[[]] == nil else { return ([], []) }
        let places = counts.sorted { a, b in
            let (first, second) = (StandardNames.rank(a.key.joined(separator: ".")), StandardNames.rank(b.key.joined(separator: ".")))
            return (first, -a.value, a.key.count) < (second, -b.value, b.key.count)
        }
        return (places.first?.key ?? [], places.dropFirst().map { "'\($0.key.joined(separator: ".")).'" })
    }

    /// The part of `name` that goes with `count` of its parts that are no wrappers.
    private static func lead(_ name: String, before count: Int) -> String {
        var (kept, lead) = (0, "")
        for part in parts(name).dropLast() {
            if !wrappers.contains(part) {
                if kept == count { break }
                kept += 1
            }
            lead += part + "."
        }
        return lead
    }
}

/// Where training loops keep the weights.
enum StandardNames {
    private static let order = ["model", "state_dict", "", "module", "net", "network", "model_state_dict", "weights", "params"]

    /// Lower for places that are more usual; averages of weights (EMA) come after all others.
    static func rank(_ place: String) -> Int {
        let last = place.split(separator: ".").last.map(String.init) ?? ""
        if let rank = order.firstIndex(of: last) { return rank }
        let lower = place.lowercased()
        return order.count + (["ema", "teacher", "average", "swa"].contains(where: lower.contains) ? 1 : 0)
    }
}
