import Foundation
import IR
import Passes

/// Rounds one weight for what it is multiplied by.
struct WeightRounder {
    let weight: Calibrator.Weight
    let range: WeightRange
    let groups: WeightGroups
    let moments: SecondMoments

    /// The integers, nil for a weight without data, and how good they are. Those of rounding to the nearest, where nothing better is found.
    func round() -> (entry: RoundedWeights.Entry?, layer: RoundedLayer) {
        guard let values = weight.constant.tensor?.floats, let nearest else { return (nil, layer(0, 0, nil)) }
        let energy = moments.energy(of: values)
        let plain = measured(nearest, values, energy)
        if let factor = moments.inverseFactor(), let entry = compensated(values, factor) {
            let better = measured(entry, values, energy)
            if better.sqnr > plain.sqnr { return (entry, layer(better.sqnr, plain.sqnr, entry, better.cosine)) }
        }
        return (nearest, layer(plain.sqnr, plain.sqnr, nearest, plain.cosine))
    }

    /// How near what integers stand for is to the weights, as the layer's results show it: `energy` is that of the weights.
    private func measured(_ entry: RoundedWeights.Entry, _ values: [Float], _ energy: Double) -> (sqnr: Double, cosine: Double) {
        var other = entry.values(depth: weight.depth, groups)
        let own = moments.energy(of: other)
        for index in other.indices { other[index] = values[index] - other[index] }
        let error = moments.energy(of: other)
        // x · y is half of what |x|² + |y|² has over |x - y|².
        let length = (energy * own).squareRoot()
        let isSound = length > 0 && length.isFinite && error.isFinite
        let cosine = isSound ? min(max((energy + own - error) / 2 / length, -1), 1) : error == 0 ? 1 : 0
        return (sqnr(energy, error), cosine)
    }

    private func sqnr(_ energy: Double, _ error: Double) -> Double {
        guard energy.isFinite, error.isFinite else { return 0 }
        if error <= 0 { return RoundedLayer.mostDecibels }
        // Of a layer whose results are all 0, nothing is left of them.
        return energy > 0
            ? min(max(10 * log10(energy / error), -RoundedLayer.mostDecibels), RoundedLayer.mostDecibels) : -RoundedLayer.mostDecibels
    }

    private func layer(_ sqnr: Double, _ nearest: Double, _ entry: RoundedWeights.Entry?, _ cosine: Double = 0) -> RoundedLayer {
        let bytes = [entry?.levels, entry?.scales, entry?.zeros].compactMap { $0?.bytes.count }.reduce(0, +)
        return RoundedLayer(
            node: weight.node, weight: weight.constant.key, scheme: weight.scheme.rawValue, count: weight.count, calls: moments.count,
            sqnr: sqnr, nearestSQNR: nearest, cosine: cosine, bytes: bytes)
    }

    private var nearest: RoundedWeights.Entry? {
        if weight.scheme == .bf16 { return weight.constant.tensor.map { .init(halves: $0.floats, $0.shape) } }
        if weight.scheme.isGrouped { return QuantizedGroups(weight.constant, groups)?.entry }
        return QuantizedRows(weight.constant, range).map { .init(levels: $0.integers, scales: $0.scales) }
    }

    private func compensated(_ values: [Float], _ factor: [Float]) -> RoundedWeights.Entry? {
        let compensation = ErrorCompensation(depth: weight.depth, factor: factor)
        guard let shape = weight.constant.type.staticShape else { return nil }
        if weight.scheme == .bf16 { return compensation.roundedHalves(values).map { .init(halves: $0, shape) } }
        if weight.scheme.isGrouped {
            return compensation.roundedGroups(values, groups).map { QuantizedGroups(levels: $0.levels, $0.forms, shape, groups).entry }
        }
        guard let made = compensation.rounded(values, range) else { return nil }
        let levels = Tensor(.i8, shape) { target in made.levels.withUnsafeBytes { target.copyMemory(from: $0) } }
        return .init(levels: levels, scales: Tensor(made.scales, [made.scales.count]))
    }
}

extension RoundedWeights.Entry {
    /// Weights in bf16.
    fileprivate init(halves: [Float], _ shape: [Int]) {
        self.init(levels: Tensor(halves.map(Double.init), shape, as: .bf16), scales: Tensor([Float](), [0]))
    }

    /// What the integers [n, depth] stand for, row-major; those of 4 bits are in groups. Halves stand for themselves.
    func values(depth: Int, _ groups: WeightGroups) -> [Float] {
        if levels.dtype.isFloat { return levels.floats }
        let (levels, scales, zeros, depth) = (self.levels.integers, self.scales.floats, self.zeros?.integers, max(depth, 1))
        guard self.scales.rank == 2 else { return levels.indices.map { Float(levels[$0]) * scales[$0 / depth] } }
        let count = (depth + groups.size - 1) / groups.size
        return levels.indices.map { index in
            let place = index / depth * count + index % depth / groups.size
            return Float(levels[index] - (zeros?[place] ?? 0)) * scales[place]
        }
    }
}
