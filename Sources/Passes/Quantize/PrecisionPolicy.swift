import IR

/// Which scheme each layer has: that of a precision, but for the layers that overrides name. Every rule of the precision pipelines asks it.
package struct PrecisionPolicy: Sendable {
    /// What holds for layers that no override names, and for what passes between functions.
    package var precision: Precision
    /// The last that names a layer counts.
    package var overrides: [Override]
    /// Of the layers whose weights have 4 bits.
    package var groups: WeightGroups
    /// Integers that rules take instead of rounding to the nearest.
    package var rounded: RoundedWeights
    /// What the inputs of layers of ``LayerScheme/int8Static`` are within, by the key of a layer's first weight or filter.
    package var inputRanges: [String: InputRange] = [:]
    /// What channels of norms' results are divided by, and weights multiplied with, by ``MigrationSite/key``.
    package var migrations: [String: [Float]] = [:]

    /// What 256 levels reach over, 0 among them.
    package struct InputRange: Sendable, Hashable {
        package let low, high: Float

        package init(_ low: Float, _ high: Float) { (self.low, self.high) = (min(low, 0), max(high, 0)) }

        /// What a level stands for.
        package var scale: Float { max(high / 255 - low / 255, .leastNormalMagnitude) }

        /// Whether levels can be told apart: not where nothing came but zeros and what is next to them.
        package var isUsable: Bool { high / 255 - low / 255 >= .leastNormalMagnitude && (high / 255 - low / 255).isFinite }

        /// The level that stands for 0.
        package var zero: Int { Int(min(max((-low / scale).rounded(.toNearestOrEven), 0), 255)) }
    }

    /// A scheme for the layers whose name fits a pattern.
    package struct Override: Sendable, Hashable {
        package let pattern: NamePattern
        package let scheme: LayerScheme

        package init(_ pattern: NamePattern, _ scheme: LayerScheme) { (self.pattern, self.scheme) = (pattern, scheme) }
    }

    package init(
        _ precision: Precision, overrides: [Override] = [], groups: WeightGroups = WeightGroups(),
        rounded: RoundedWeights = RoundedWeights()
    ) {
        (self.precision, self.overrides, self.groups, self.rounded) = (precision, overrides, groups, rounded)
    }

    package static let f32 = PrecisionPolicy(.f32)

    /// Whether nothing changes.
    package var isIdentity: Bool { precision == .f32 && overrides.allSatisfy { $0.scheme == .f32 } }

    package func scheme(of node: Node, in graph: Graph) -> LayerScheme {
        let isSearch = PrecisionPolicy.isSearch(node, graph)
        let override = overrides.last { $0.pattern.fits(node.name) && !(isSearch && $0.pattern.isOfMany) }
        return override?.scheme ?? (isSearch ? .f32 : precision.scheme)
    }

    /// Whether a layer's results are only compared with each other, as those of a tokenizer with its codes: among thousands that are nearly
    /// equal, rounding picks another, and the layer is a small part of the work. Of overrides, only one with its very name counts.
    private static func isSearch(_ node: Node, _ graph: Graph) -> Bool {
        let readers = node.outputs.flatMap { graph.users(of: $0) }.compactMap { graph.node($0) }
        return !readers.isEmpty && readers.allSatisfy { $0.opName == ArgMax.opName || $0.opName == ArgMin.opName }
            && node.outputs.allSatisfy { !graph.isOutput($0) }
    }

    /// Those that some layer may have.
    package var schemes: Set<LayerScheme> { Set(overrides.map(\.scheme)).union([precision.scheme]) }
}

extension PrecisionPolicy: CustomStringConvertible {
    /// `int8`, or `int4, groups of 64, decoder.*=bf16`.
    package var description: String {
        let isGrouped = schemes.contains(where: \.isGrouped) && groups != WeightGroups()
        let form = isGrouped ? ["groups of \(groups.size)\(groups.hasZeroPoints ? " with zero points" : "")"] : []
        return ([precision.rawValue] + form + overrides.map { "\($0.pattern)=\($0.scheme.rawValue)" }).joined(separator: ", ")
    }
}

/// A name in which `*` stands for any number of any characters.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let pieces: [Substring]

    package init(_ text: String) {
        description = text
        pieces = text.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// One name, whatever is in it.
    package init(exactly name: String) { (description, pieces) = (name, []) }

    /// Whether more than one name fits.
    package var isOfMany: Bool { pieces.count > 1 }

    /// Whether all of `name` is what the pattern says.
    package func fits(_ name: String) -> Bool {
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return name == description }
        guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else { return false }
        // The leftmost place of each piece leaves the most for those behind it.
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let place = rest.firstRange(of: piece) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }
}

/// Weights that were rounded with more in view than the weights themselves, such as what they are multiplied by, under the keys that rules give them.
package struct RoundedWeights: Sendable {
    /// Integers, and their scales as the rule of the scheme has them.
    package struct Entry: Sendable {
        package let levels, scales: Tensor
        /// Of groups that have them.
        package let zeros: Tensor?

        package init(levels: Tensor, scales: Tensor, zeros: Tensor? = nil) {
            (self.levels, self.scales, self.zeros) = (levels, scales, zeros)
        }
    }

    private var entries: [String: Entry] = [:]

    package init() {}

    package subscript(key: String) -> Entry? {
        get { entries[key] }
        set { entries[key] = newValue }
    }

    package var isEmpty: Bool { entries.isEmpty }
}
