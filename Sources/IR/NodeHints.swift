/// What lowering has decided about a node that changes no result: where and with what it is computed. Legal in lowered modules only.
package struct NodeHints: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Runs as one step with the node before it, if their operands lie so that it can.
    package static let joined = NodeHints(rawValue: 1 << 0)
    /// Its result is computed in its part of the concat that reads it, if that lies so that a kernel can write there.
    package static let placed = NodeHints(rawValue: 1 << 1)

    /// The channels of its result [n, c, h, w] are neighbours in memory.
    package static let channelsLast = NodeHints(rawValue: 1 << 2)

    /// By their words in IR text.
    static let words: [(word: String, hint: NodeHints)] = [
        ("joined", .joined), ("placed", .placed), ("channels_last", .channelsLast),
    ]

    /// As text: ` joined placed`, nothing for none.
    var text: String { NodeHints.words.filter { contains($0.hint) }.map { " " + $0.word }.joined() }
}

extension Graph {
    /// Gives a node hints that it has not had.
    package mutating func addHints(_ hints: NodeHints, to id: NodeID) { nodeTable[id.index]?.hints.formUnion(hints) }
}
