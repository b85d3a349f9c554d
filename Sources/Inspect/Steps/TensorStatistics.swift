import Foundation
import IR

/// What the numbers of a tensor are like. Of truth values and integers, as of numbers.
package struct TensorStatistics: Sendable, Hashable, Encodable {
    package let count: Int
    /// Of the finite ones; nil where there are none.
    package let low, high, mean: Double?
    /// Root of the mean square of the finite ones.
    package let rootMeanSquare: Double?
    /// Shares of all are these by ``count``.
    package let zeros, nans, infinities: Int

    package init(_ tensor: Tensor) { self.init(tensor.doubles) }

    package init(_ values: [Double]) {
        var (low, high) = (Double.infinity, -Double.infinity)
        var (sum, squares) = (0.0, 0.0)
        var (finite, zeros, nans) = (0, 0, 0)
        for value in values {
            if value.isNaN { nans += 1 }
            guard value.isFinite else { continue }
            finite += 1
            if value == 0 { zeros += 1 }
            (low, high) = (min(low, value), max(high, value))
            sum += value
            squares += value * value
        }
        count = values.count
        (self.zeros, self.nans, infinities) = (zeros, nans, values.count - finite - nans)
        let isEmpty = finite == 0
        (self.low, self.high) = (isEmpty ? nil : low, isEmpty ? nil : high)
        mean = isEmpty ? nil : sum / Double(finite)
        rootMeanSquare = isEmpty ? nil : (squares / Double(finite)).squareRoot()
    }

    package var nonFinite: Int { nans + infinities }

    /// `3 NaN and 2 infinite`, nil where all are finite.
    package var trouble: String? {
        let parts = [nans > 0 ? "\(nans) NaN" : nil, infinities > 0 ? "\(infinities) infinite" : nil].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }
}
