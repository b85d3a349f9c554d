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
    /// Standard deviation of the finite ones from their mean.
    package let deviation: Double?
    /// Of the finite ones. Exact for up to 65,536 numbers and for types whose numbers have at most 8 binary digits; else within 0.8 %.
    package let percentiles: Percentiles?
    package let zeros, nans, infinities: Int
    /// Finite ones farther from 0 than ``outlierLimit`` times ``rootMeanSquare``.
    package let outliers: Int
    /// Decibels between the tensor and what rounding to integers of 8 bits adds to it, with a scale for each row, which is an index of the first
    /// dimension, as the int8 passes do in full range; infinite where nothing is lost. nil for integers, for fewer than two dimensions, and
    /// where no number is finite. Rows with a number that is not finite do not count.
    package let int8: Double?
    /// How far it is 2:4 sparse; nil for what no product sums over, and for fewer than four indices along that axis.
    package let sparsity: SparseGroups?
    /// Numbers in ``bins`` equal intervals from ``low`` to ``high``; empty where none is finite.
    package let histogram: [Int]

    package static let bins = 32
    package static let outlierLimit = 6.0

    /// Numbers that are not finite.
    package var nonFinite: Int { saturatingAdd(nans, infinities) }

    /// - Parameters:
    ///   - most: about how many numbers to look at: whole rows, spread over the tensor. nil for all.
    ///   - axis: along which products sum over the tensor.
    package init(_ constant: Constant, sampling most: Int? = nil, axis: Int? = nil) {
        let type = constant.type
        (key, self.type) = (constant.key, type.description)
        count = type.staticShape.flatMap(Tensor.elementCount) ?? 0
        bytes = constant.bytes?.count ?? 0
        guard let reader = WeightReader(constant, most) else {
            (sampledCount, isSampled, zeros, nans, infinities, outliers, histogram) = (0, false, 0, 0, 0, 0, [])
            (low, high, mean, rootMeanSquare, int8) = (nil, nil, nil, nil, nil)
            (deviation, percentiles, sparsity) = (nil, nil, nil)
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
        let fours = axis.flatMap { GroupsOfFour(type.staticShape ?? [], axis: $0, reader) }
        sparsity = fours.map { sums.zeros == 0 ? $0.withoutZeros : $0.count(most) }
        guard sums.finite > 0 else {
            (low, high, mean, rootMeanSquare, outliers, histogram) = (nil, nil, nil, nil, 0, [])
            (deviation, percentiles) = (nil, nil)
            return
        }
        let root = (sums.squares / Double(sums.finite)).squareRoot()
        (low, high) = (Double(sums.low), Double(sums.high))
        let middle = sums.sum / Double(sums.finite)
        (mean, rootMeanSquare) = (middle, root)
        let empty = WeightBins(
            low: sums.low, high: sums.high, mean: middle, limit: Float(root * WeightStatistics.outlierLimit), count: reader.looked)
        let bins = reader.reduce(empty, mostParts: WeightOrder.mostParts) {
            $0.add($1)
        } joining: {
            $0.join($1)
        }
        (histogram, outliers) = (bins.counts, bins.outliers)
        deviation = (bins.spread / Double(sums.finite)).squareRoot()
        let values = bins.order.values(at: Percentiles.shares)
        percentiles = Percentiles(values.map { min(max($0, Double(sums.low)), Double(sums.high)) })
    }
}
