import IR

/// What the numbers of a constant are like.
package struct WeightStatistics: Sendable, Encodable {
    package let key, type: String
    /// Of the whole tensor, as are ``count``; all else is of the numbers that were looked at.
    package let bytes, count: Int
    /// Numbers that were looked at: ``count``, unless ``isSampled``.
    package let sampledCount: Int
    package let isSampled: Bool
    /// Of the finite ones; nil where there are none.
    package let low, high, mean, rootMeanSquare: Double?
    package let zeros, nans, infinities: Int
    /// Finite ones farther from 0 than ``outlierLimit`` times ``rootMeanSquare``.
    package let outliers: Int
    /// Decibels between the tensor and what rounding to integers of 8 bits adds to it, with a scale for each row, which is an index of the first
    /// dimension, as the int8 passes do in full range; infinite where nothing is lost. nil for integers, for fewer than two dimensions, and
    /// where no number is finite. Rows with a number that is not finite do not count.
    package let int8: Double?
    /// Numbers in ``bins`` equal intervals from ``low`` to ``high``; empty where none is finite.
    package let histogram: [Int]

    package static let bins = 32
    package static let outlierLimit = 6.0

    /// Numbers that are not finite.
    package var nonFinite: Int { saturatingAdd(nans, infinities) }

    /// - Parameter most: about how many numbers to look at: whole rows, spread over the tensor. nil for all.
    package init(_ constant: Constant, sampling most: Int? = nil) {
        let type = constant.type
        (key, self.type) = (constant.key, type.description)
        count = type.staticShape.flatMap(Tensor.elementCount) ?? 0
        bytes = constant.bytes?.count ?? 0
        guard let reader = WeightReader(constant, most) else {
            (sampledCount, isSampled, zeros, nans, infinities, outliers, histogram) = (0, false, 0, 0, 0, 0, [])
            (low, high, mean, rootMeanSquare, int8) = (nil, nil, nil, nil, nil)
            return
        }
        let isRounded = type.rank >= 2 && type.dtype.isFloat
        let sums = reader.reduce(WeightSums()) {
            $0.add(row: $1, isRounded: isRounded)
        } joining: {
            $0.join($1)
        }
        (sampledCount, isSampled) = (sums.count, sums.count < count)
        (zeros, nans, infinities) = (sums.zeros, sums.nans, sums.infinities)
        int8 = sums.decibels
        guard sums.finite > 0 else {
            (low, high, mean, rootMeanSquare, outliers, histogram) = (nil, nil, nil, nil, 0, [])
            return
        }
        let root = (sums.squares / Double(sums.finite)).squareRoot()
        (low, high) = (Double(sums.low), Double(sums.high))
        (mean, rootMeanSquare) = (sums.sum / Double(sums.finite), root)
        let empty = WeightBins(low: sums.low, high: sums.high, limit: Float(root * WeightStatistics.outlierLimit))
        let bins = reader.reduce(empty) {
            $0.add($1)
        } joining: {
            $0.join($1)
        }
        (histogram, outliers) = (bins.counts, bins.outliers)
    }
}
