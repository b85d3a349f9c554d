import IR
import Tessera

/// The classification extension: of each row the largest elements and their places, in place of all elements.
package enum Classification {
    /// `value:index` of the `count` largest elements of each row, largest first, as a tensor of texts; what is text already, which has no
    /// largest element, as it is. The first size of a tensor of two sizes or more counts rows.
    package static func texts(_ tensor: Tessera.Tensor, _ count: Int) -> Tessera.Tensor {
        if tensor.elementType == .text { return tensor }
        let values = tensor.doubles
        let rows = tensor.shape.count > 1 ? tensor.shape[0] : 1
        let width = rows > 0 ? values.count / rows : 0
        let kept = min(count, width)
        var texts: [String] = []
        for row in 0..<rows {
            let base = row * width
            for place in largest(values[base..<(base + width)], kept) { texts.append("\(values[place]):\(place - base)") }
        }
        return Tessera.Tensor(IR.Tensor(strings: texts, tensor.shape.count > 1 ? [rows, kept] : [kept]))
    }

    /// As many are kept in order while the others pass; more are found by sorting all.
    private static let mostKept = 64

    /// Places of the `count` largest of `values`, largest first: equal ones in the order of their places, NaN last.
    private static func largest(_ values: ArraySlice<Double>, _ count: Int) -> ArraySlice<Int> {
        func isBefore(_ a: Int, _ b: Int) -> Bool {
            let (x, y) = (values[a], values[b])
            if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
            return x == y ? a < b : x > y
        }
        if count == 0 { return [] }
        if count > mostKept { return values.indices.sorted(by: isBefore).prefix(count) }
        var best: [Int] = []
        for place in values.indices {
            if best.count == count {
                guard let last = best.last, isBefore(place, last) else { continue }
                best.removeLast()
            }
            best.insert(place, at: best.firstIndex { isBefore(place, $0) } ?? best.endIndex)
        }
        return best[...]
    }
}
