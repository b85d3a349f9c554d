/// How a weight was rounded, and what that does to what its layer gives.
package struct RoundedLayer: Sendable, Hashable, Codable {
    /// Of the first layer that reads it.
    package let node: String
    package let weight: String
    package let scheme: String
    /// Elements.
    package let count: Int
    /// Calls that the layer was seen in; with 0, all inputs count alike.
    package let calls: Int
    /// Sum of squares of the layer's results for these inputs by that of the errors that rounding its weights makes, in dB, within ±``mostDecibels``.
    package let sqnr: Double
    /// The same of weights that are rounded to the nearest.
    package let nearestSQNR: Double
    /// Of the layer's results for these inputs, before its bias, and those with rounded weights. Files of earlier versions lack it.
    package let cosine: Double?
    /// What the weight takes now, scales included. Files of earlier versions lack it.
    package let bytes: Int?

    package init(
        node: String, weight: String, scheme: String, count: Int, calls: Int, sqnr: Double, nearestSQNR: Double, cosine: Double, bytes: Int
    ) {
        (self.node, self.weight, self.scheme, self.count, self.calls) = (node, weight, scheme, count, calls)
        (self.sqnr, self.nearestSQNR, self.cosine, self.bytes) = (sqnr, nearestSQNR, cosine, bytes)
    }

    /// What stands for no error at all.
    package static let mostDecibels = 200.0
}
