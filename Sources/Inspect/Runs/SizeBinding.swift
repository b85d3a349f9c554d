import IR

/// `name=value`: the size of a symbol.
package struct SizeBinding: Equatable, Sendable {
    package let name: String
    package let size: Int

    /// What a text must be, for messages.
    package static let rule = "NAME=SIZE with a whole number from 1, such as batch=2"

    /// A size by its name, as a program says it.
    package init(_ name: String, _ size: Int) { (self.name, self.size) = (name, size) }

    /// Reads `name=value`.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let size = Int(parts[1]), (1...1 << 40).contains(size) else { return nil }
        (name, self.size) = (String(parts[0]), size)
    }

    /// The sizes by name, which ``check(_:against:of:)`` has found to be one for each.
    package static func table(_ bindings: [SizeBinding]) -> Binding { bindings.reduce(into: [:]) { $0[$1.name] = $1.size } }

    /// For costs, which sizes that data decide may be supposed for.
    /// - Throws: ``WorkError`` for a size that no function of `module` has, and for two sizes of one name.
    static func check(_ bindings: [SizeBinding], of module: Module) throws {
        let known = module.functions.reduce(into: Set<String>()) { $0.formUnion($1.symbols.union($1.bornSizes)) }
        try check(bindings, against: known, of: "model '\(module.name)'")
    }

    /// - Throws: ``WorkError`` for a name that is none of `known`, and for two sizes of one name.
    package static func check(_ bindings: [SizeBinding], against known: Set<String>, of what: String) throws {
        for (index, binding) in bindings.enumerated() {
            guard let other = bindings[..<index].first(where: { $0.name == binding.name && $0.size != binding.size }) else { continue }
            throw WorkError("\(binding.name)=\(binding.size) contradicts \(other.name)=\(other.size); give one of them")
        }
        guard let stranger = bindings.first(where: { !known.contains($0.name) }) else { return }
        let list = known.isEmpty ? "it has none" : "it has: \(known.sorted().joined(separator: ", "))"
        throw WorkError("\(stranger.name)=\(stranger.size): \(what) has no size called '\(stranger.name)'; \(list)")
    }
}
