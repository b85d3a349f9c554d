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
            // Equal values in the order of their places; NaN last.
            let order = (0..<width).sorted { a, b in
                let (x, y) = (values[base + a], values[base + b])
                if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
                return x == y ? a < b : x > y
            }
            for place in order.prefix(kept) { texts.append("\(values[base + place]):\(place)") }
        }
        return Tessera.Tensor(IR.Tensor(strings: texts, tensor.shape.count > 1 ? [rows, kept] : [kept]))
    }
}
