import IR

/// Elements of parameters whose gradients are zero but for rounding, which Adam blows up: they may lie within twice the sum of the learning rates.
struct UndeterminedElements {
    /// First elements and ends, by parameter.
    private let ranges: [String: [Int]]
    private let allowed: Double

    init(_ golden: GoldenCase, learningRates sum: Double) {
        ranges = golden.parameters["undetermined_elements"] as? [String: [Int]] ?? [:]
        allowed = 2 * sum
    }

    /// `found` with the expected value at each such element that lies within what is allowed.
    func settled(_ name: String, _ found: Tensor?, _ expected: Tensor, _ report: inout CaseReport) -> Tensor? {
        guard let found, let range = ranges[name], range.count == 2, let first = range.first, let end = range.last else { return found }
        var values = found.doubles
        let wanted = expected.doubles
        for index in first..<max(first, min(end, values.count)) where abs(values[index] - wanted[index]) <= allowed {
            values[index] = wanted[index]
        }
        return Tensor(values, found.shape, as: found.dtype)
    }
}
