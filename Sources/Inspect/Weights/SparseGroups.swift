import Foundation
import IR

/// How far a tensor is 2:4 sparse: of each four numbers along the axis that products sum over, two are 0.
package struct SparseGroups: Sendable, Encodable, Equatable {
    /// Axis along which the groups lie.
    package let axis: Int
    /// Groups of four that were looked at; what is left over at the end of an axis belongs to none.
    package let groups: Int
    /// Those with at least two zeros.
    package let sparse: Int

    package init(axis: Int, groups: Int, sparse: Int) { (self.axis, self.groups, self.sparse) = (axis, groups, sparse) }

    /// Share of the groups with at least two zeros.
    package var share: Double { groups > 0 ? Double(sparse) / Double(groups) : 0 }

    /// Whether all groups are: what processors that skip zeros in this pattern ask for.
    package var isComplete: Bool { groups > 0 && sparse == groups }
}

/// A tensor as groups of four numbers along an axis.
struct GroupsOfFour {
    let axis: Int
    private let reader: WeightReader
    /// Indices before the axis, groups along it, its size, and numbers from one index of the axis to the next.
    private let outer, groups, size, inner: Int

    /// Numbers that are read at once.
    private static let atOnce = 1 << 14
    private static let mostInner = 1 << 22

    /// - Returns: nil where the axis has no four indices, and for numbers that lie too far apart.
    init?(_ shape: [Int], axis: Int, _ reader: WeightReader) {
        guard shape.indices.contains(axis), shape[axis] >= 4, !shape.contains(0) else { return nil }
        let inner = shape[(axis + 1)...].reduce(1, *)
        guard inner <= GroupsOfFour.mostInner else { return nil }
        (self.axis, self.reader, self.inner, size, groups) = (axis, reader, inner, shape[axis], shape[axis] / 4)
        outer = shape[..<axis].reduce(1, *)
    }

    /// All groups without looking at them, of which none has a zero.
    var withoutZeros: SparseGroups { SparseGroups(axis: axis, groups: outer * groups * inner, sparse: 0) }

    /// - Parameter most: about how many numbers to look at; nil for all.
    func count(_ most: Int?) -> SparseGroups {
        let groupsAtOnce = max(1, GroupsOfFour.atOnce / (4 * inner))
        let units = (groups - 1) / groupsAtOnce + 1
        let all = outer * units
        let wanted = most.map { min(max($0 / (4 * inner * groupsAtOnce), 1), all) } ?? all
        let found = WeightReader.pieces(wanted, 16) { range in
            var (looked, sparse) = (0, 0)
            var memory = [Float](repeating: 0, count: 4 * inner * min(groupsAtOnce, groups))
            for index in range {
                let unit = wanted == all ? index : Int(Double(index) * Double(all) / Double(wanted))
                let first = unit % units * groupsAtOnce
                let count = min(groupsAtOnce, groups - first)
                let start = (unit / units * size + 4 * first) * inner
                memory.withUnsafeMutableBufferPointer { memory in
                    let part = UnsafeMutableBufferPointer(rebasing: memory[..<(4 * inner * count)])
                    reader.read(from: start, into: part)
                    sparse += sparseGroups(UnsafeBufferPointer(part))
                }
                looked += count * inner
            }
            return (looked, sparse)
        }
        return SparseGroups(axis: axis, groups: found.reduce(0) { $0 + $1.0 }, sparse: found.reduce(0) { $0 + $1.1 })
    }

    /// Of whole groups, one after the other.
    private func sparseGroups(_ values: UnsafeBufferPointer<Float>) -> Int {
        var sparse = 0
        for start in stride(from: 0, to: values.count, by: 4 * inner) {
            for column in start..<(start + inner) {
                let zeros = (0..<4).reduce(0) { $0 + (values[column + $1 * inner] == 0 ? 1 : 0) }
                if zeros >= 2 { sparse += 1 }
            }
        }
        return sparse
    }
}
