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

    package init(node: String, weight: String, scheme: String, count: Int, calls: Int, sqnr: Double, nearestSQNR: Double) {
        (self.node, self.weight, self.scheme, self.count, self.calls) = (node, weight, scheme, count, calls)
        (self.sqnr, self.nearestSQNR) = (sqnr, nearestSQNR)
    }

    /// What stands for no error at all.
    package static let mostDecibels = 200.0
}
