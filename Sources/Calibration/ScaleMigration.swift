import Foundation
import IR
import Passes
import Runtime

/// Finds the numbers by which a norm's channels are divided and the weights behind it multiplied, so that rounding both does least to what the layers
/// give.
///
/// Candidates are those of SmoothQuant, max |x|ᵃ / max |w|¹⁻ᵃ, and of AWQ, (mean |x|)ᵃ, for some a; each is tried on rows that were seen.
struct ScaleMigration {
    let site: MigrationSite
    let statistics: InputStatistics
    /// Of the layers, in their order.
    let schemes: [LayerScheme]
    let range: WeightRange
    let groups: WeightGroups

    private static let exponents: [Float] = [0.15, 0.3, 0.45, 0.6, 0.75]
    /// Less gain than this is not worth other numbers.
    private static let least = 0.98

    /// nil where nothing is better than leaving all as it is.
    func scales() -> [Float]? {
        let depth = site.channels
        guard depth > 0, statistics.rows.count >= depth, statistics.most.count == depth else { return nil }
        let weights = zip(site.layers, schemes).filter { $1.isInteger }.flatMap { layer, scheme in
            layer.weights.compactMap { weight in weight.constant.tensor.map { (values: $0.floats, scheme: scheme) } }
        }
        guard !weights.isEmpty else { return nil }
        let exact = weights.map { product(statistics.rows, $0.values) }
        func error(_ scales: [Float]?) -> Double {
            zip(weights, exact).reduce(0) { $0 + squaredError($1.0.values, $1.0.scheme, $1.1, scales) }
        }
        let plain = error(nil)
        guard plain > 0, plain.isFinite else { return nil }
        var (best, least): ([Float]?, Double) = (nil, plain * ScaleMigration.least)
        for scales in candidates(weights.map(\.values)) {
            let found = error(scales)
            if found < least { (best, least) = (scales, found) }
        }
        return best
    }

    private func candidates(_ weights: [[Float]]) -> [[Float]] {
        let depth = site.channels
        var heaviest = [Float](repeating: 0, count: depth)
        for weight in weights {
            for (index, value) in weight.enumerated() { heaviest[index % depth] = max(heaviest[index % depth], abs(value)) }
        }
        let mean = statistics.sums.map { Float($0) }
        return ScaleMigration.exponents.flatMap { exponent in
            [
                normalized(zip(statistics.most, heaviest).map { pow(max($0, 1e-5), exponent) / pow(max($1, 1e-5), 1 - exponent) }),
                normalized(mean.map { pow(max($0, 1e-20), exponent) }),
            ]
        }
    }

    /// Around 1, and never far from it.
    private func normalized(_ scales: [Float]) -> [Float] {
        let logs = scales.map { log($0) }
        let middle = logs.reduce(0, +) / Float(max(logs.count, 1))
        return logs.map { exp(min(max($0 - middle, -5), 5)) }
    }

    private func product(_ rows: [Float], _ weight: [Float]) -> [Float] {
        let depth = site.channels
        return rows.withUnsafeBufferPointer { x in
            weight.withUnsafeBufferPointer { w in
                guard let a = x.baseAddress, let b = w.baseAddress else { return [] }
                return DenseAlgebra.productTransposed(rows.count / depth, weight.count / depth, depth, a, b)
            }
        }
    }

    private func squaredError(_ weight: [Float], _ scheme: LayerScheme, _ exact: [Float], _ scales: [Float]?) -> Double {
        let depth = site.channels
        var (x, w) = (statistics.rows, weight)
        if let scales {
            for index in x.indices { x[index] /= scales[index % depth] }
            for index in w.indices { w[index] *= scales[index % depth] }
        }
        if scheme.roundsActivations { roundRows(&x, isSymmetric: scheme.isGrouped) }
        guard let rounded = rounded(w, scheme) else { return .infinity }
        return zip(product(x, rounded), exact).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }

    /// As the kernels do.
    private func roundRows(_ x: inout [Float], isSymmetric: Bool) {
        let depth = site.channels
        for start in stride(from: 0, to: x.count, by: depth) {
            let own = x[start..<start + depth]
            let (low, high) = (min(own.min() ?? 0, 0), max(own.max() ?? 0, 0))
            let step = isSymmetric ? max(-low, high) / 127 : (high - low) / 255
            guard step >= .leastNormalMagnitude else { continue }
            for index in own.indices { x[index] = (x[index] / step).rounded(.toNearestOrEven) * step }
        }
    }

    private func rounded(_ weight: [Float], _ scheme: LayerScheme) -> [Float]? {
        let constant = Constant(key: "", Tensor(weight, [weight.count / site.channels, site.channels]))
        let entry =
            scheme.isGrouped
            ? QuantizedGroups(constant, groups)?.entry
            : QuantizedRows(constant, scheme.range(range)).map { RoundedWeights.Entry(levels: $0.integers, scales: $0.scales) }
        return entry?.values(depth: site.channels, groups)
    }
}
