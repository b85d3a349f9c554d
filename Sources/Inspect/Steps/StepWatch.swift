import Formats
import Foundation
import IR
import Passes
import Runtime

/// Looks at what the nodes of a run give, as it goes on.
package final class StepWatch {
    /// One result of a node.
    package struct Row: Sendable, Encodable {
        /// Place in the order in which results came, from 0.
        package let number: Int
        package let function, op, node: String
        package let result: Int
        package let type: String
        package let statistics: TensorStatistics
        /// Where it was saved, beside the listing.
        package let file: String?
    }

    /// Names of nodes that are told of.
    private let patterns: [NamePattern]
    private let stopsAtNonFinite: Bool
    /// Where results are saved, if they are.
    private let folder: String?
    /// Those that were watched or saved.
    package private(set) var rows: [Row] = []
    /// Told of results of nodes that ``patterns`` name.
    package var onRow: ((Row) -> Void)?
    private var count = 0

    package init(watching patterns: [NamePattern] = [], stopsAtNonFinite: Bool = false, savingTo folder: String? = nil) {
        (self.patterns, self.stopsAtNonFinite, self.folder) = (patterns, stopsAtNonFinite, folder)
    }

    /// Looks at what `session` runs from now on. The first result that is not finite ends a run with ``NonFiniteResult``, if that was asked for.
    package func listen(to session: Session) { session.onResult = { [self] in try look(at: $0) } }

    /// - Throws: ``NonFiniteResult``, if that is looked for; `CheckpointError` for a result that cannot be saved.
    package func look(at result: NodeResult) throws {
        defer { count += 1 }
        let isWatched = patterns.contains { $0.fits(result.node) }
        guard isWatched || stopsAtNonFinite || folder != nil else { return }
        let statistics = TensorStatistics(result.tensor)
        let file = try folder.map { try save(result, in: $0) }
        if isWatched || file != nil {
            let row = Row(
                number: count, function: result.function, op: result.op, node: result.node, result: result.index,
                type: result.tensor.type.description, statistics: statistics, file: file)
            rows.append(row)
            if isWatched { onRow?(row) }
        }
        if stopsAtNonFinite, statistics.nonFinite > 0 { throw NonFiniteResult(result, statistics) }
    }

    /// The name of the file.
    private func save(_ result: NodeResult, in folder: String) throws -> String {
        let plain = result.node.map { $0.isLetter || $0.isNumber || "._-@".contains($0) ? $0 : "_" }
        let number = String(repeating: "0", count: max(5 - "\(count)".count, 0)) + "\(count)"
        let suffix = result.index == 0 ? "" : ".\(result.index)"
        let name = "\(number)-\(String(plain.prefix(120)))-\(result.op)\(suffix).npy"
        try NumpyFile.write(result.tensor, to: "\(folder)/\(name)")
        return name
    }
}

/// The first result of a run that is not finite.
package struct NonFiniteResult: Error, Sendable, CustomStringConvertible {
    package let function, op, node: String
    package let type: String
    package let statistics: TensorStatistics

    init(_ result: NodeResult, _ statistics: TensorStatistics) {
        (function, op, node, type) = (result.function, result.op, result.node, result.tensor.type.description)
        self.statistics = statistics
    }

    package var description: String {
        "function '\(function)': \(op) '\(node)' is the first whose result is not finite: \(statistics.trouble ?? "") of \(statistics.count) numbers (\(type))"
    }
}
