import IR
import Names

extension Module {
    /// The module with these functions alone and the constants they read.
    /// - Throws: ``WorkError`` that lists the functions there are.
    package func keepingOnly(_ names: [String]) throws -> Module {
        if let stranger = names.first(where: { function($0) == nil }) {
            throw WorkError("\(stranger): model '\(name)' has no such function; \(hint(stranger))")
        }
        return keeping(functions: Set(names))
    }

    private func hint(_ stranger: String) -> String {
        let known = functions.map(\.name)
        // As the summary shows functions of one kind.
        let kind = stranger.hasSuffix(".*") ? known.filter { $0.hasPrefix(stranger.dropLast()) } : []
        if !kind.isEmpty { return "name one of \(kind.joined(separator: ", "))" }
        return NearNames.hint(stranger, in: known, otherwise: "it has: \(known.joined(separator: ", "))")
    }
}
