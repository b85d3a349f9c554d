import Names

/// The words that people have for modalities: `rgb`, `rgb@224` and `tok_rgb` may all mean what a model calls `tok_rgb@224`.
package enum ModalityWord {
    private static let tokens = "tok_"

    /// Name without size and without `tok_`: `depth` of `tok_depth@224`.
    package static func stem(of name: String) -> String {
        let base = ModalityInfo.baseName(of: name)
        return base.hasPrefix(tokens) ? String(base.dropFirst(tokens.count)) : base
    }

    /// Names of `known` that `word` may mean: the very name alone, else those of the same stem and size. A word without size means any
    /// size, one without `tok_` pixels and tokens, one with it tokens only.
    package static func matches(_ word: String, in known: [String]) -> [String] {
        if known.contains(word) { return [word] }
        let base = ModalityInfo.baseName(of: word)
        return known.filter { name in
            let other = ModalityInfo.baseName(of: name)
            guard other == base || other == tokens + base else { return false }
            guard let wanted = size(of: word), let own = size(of: name) else { return true }
            return wanted == own
        }.sorted()
    }

    /// The one name of `known` that `word` means; of several the one that is preferred.
    /// - Parameters:
    ///   - lacks: what to say before a word that is none of them, e.g. `this model cannot generate`.
    ///   - has: what to say before all of them, e.g. `it can generate`.
    /// - Throws: ``FourMError`` naming those that it may mean, or those that are near.
    package static func resolve(
        _ word: String, in known: [String], lacks: String, has: String, preferring isPreferred: (String) -> Bool = { _ in false }
    ) throws -> String {
        let found = matches(word, in: known)
        if found.count == 1 { return found[0] }
        let preferred = found.filter(isPreferred)
        if preferred.count == 1 { return preferred[0] }
        if !found.isEmpty {
            throw FourMError("'\(word)' may mean \(found.joined(separator: " or ")) here; give one of these names", .request)
        }
        let near = near(word, in: known)
        let list = "\(has): \(known.sorted().joined(separator: ", "))"
        throw FourMError(
            "\(lacks) '\(word)'; " + (near.isEmpty ? "" : "did you mean \(near.joined(separator: " or "))? ") + list, .request)
    }

    /// Misspelled names differ in the stem; what is around it would make every two names far from each other.
    private static func near(_ word: String, in known: [String]) -> [String] {
        let stems = Set(NearNames.of(stem(of: word), in: known.map(stem)))
        return known.filter { stems.contains(stem(of: $0)) }.sorted()
    }

    private static func size(of name: String) -> Substring? { name.firstIndex(of: "@").map { name[name.index(after: $0)...] } }
}
