import Foundation

/// Reads pictures at positions between their pixels.
package struct Sample: TensorOperator {
    package enum Mode: String, Sendable, CaseIterable {
        /// Half to even.
        case nearest
        case linear, cubic
    }

    /// What lies outside.
    package enum Outside: String, Sendable, CaseIterable {
        /// 0.
        case zeros
        /// The nearest pixel.
        case border
        /// The mirror image at the outer edges of the pixels, -½ and size - ½.
        case reflect
        /// The mirror image at the centres of the outermost pixels, 0 and size - 1.
        case mirror
    }

    package static let opName = "sample"

    package static let documentation = OperatorDocumentation(
        "Reads the dimensions behind the channels at given positions, counted in pixels from the centre of the first.",
        formula: "y[n, c, o…] = Σ weight · x[n, c, neighbours of positions[n, o…]]: 1, 2 or 4 neighbours along each dimension",
        operands: ["x: float[n, c, d…] with 1 to 3 spatial dimensions", "positions: float[n, o…, number of spatial dimensions]"],
        results: ["y: dtype of x[n, c, o…]"],
        attributes: [
            "mode": "'nearest' (half to even), 'linear' or 'cubic' (coefficient -0.75)",
            "outside": "'zeros' (default), 'border', 'reflect' (at -½ and size - ½) or 'mirror' (at 0 and size - 1)",
        ],
        onnx: "GridSample, DeformConv, with positions counted in pixels")

    package static let facts: OperatorFacts = .differentiable

    package let mode: Mode
    package let outside: Outside

    package init(mode: Mode, outside: Outside = .zeros) { (self.mode, self.outside) = (mode, outside) }

    package init(reading attributes: inout AttributeReader) throws {
        mode = try attributes.choice("mode")
        outside = try attributes.choice("outside", default: .zeros)
    }

    package var attributes: Attributes {
        outside == .zeros ? ["mode": .string(mode.rawValue)] : ["mode": .string(mode.rawValue), "outside": .string(outside.rawValue)]
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        let (x, positions) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "positions"))
        try Check.float(x, "x")
        try Check.float(positions, "positions")
        try Check.rank(x, 3...5, "x")
        guard positions.rank >= 2, positions.shape.last == Dim(x.rank - 2) else {
            throw InferenceError("positions (\(positions)) must have \(x.rank - 2) numbers each for x (\(x))")
        }
        try Check.mayEqual(x.shape[0], positions.shape[0], "x (\(x)) and positions (\(positions)) differ in their first dimension")
        return [x.with(shape: x.shape[..<2] + positions.shape.dropFirst().dropLast())]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let perDimension = mode == .nearest ? 1 : mode == .linear ? 2 : 4
        let taps = (0..<((inputs.first ?? nil)?.rank ?? 2) - 2).reduce(1) { count, _ in count * perDimension }
        return .elementwise(inputs, outputs, perElement: 2 * taps)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, positions) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        guard positions.shape[0] == x.shape[0] else { throw EvaluationError("\(x.type) and \(positions.type) do not fit") }
        let (rank, channels, sizes) = (x.rank - 2, x.shape[1], Array(x.shape[2...]))
        let (plane, count) = (sizes.reduce(1, *), positions.shape.dropFirst().dropLast().reduce(1, *))
        let (source, places) = (x.doubles, positions.doubles)
        var values = [Double](repeating: 0, count: x.shape[0] * channels * count)
        for image in 0..<x.shape[0] {
            for point in 0..<count {
                let start = (image * count + point) * rank
                let taps = plane == 0 ? [] : taps(Array(places[start..<start + rank]), sizes)
                for channel in 0..<channels {
                    let offset = (image * channels + channel) * plane
                    values[(image * channels + channel) * count + point] = taps.reduce(0) { $0 + $1.weight * source[offset + $1.offset] }
                }
            }
        }
        return [Tensor(values, x.shape[..<2] + positions.shape.dropFirst().dropLast(), as: x.dtype)]
    }

    /// Offsets in a plane of `sizes` that a position reads, with weights.
    private func taps(_ position: [Double], _ sizes: [Int]) -> [(offset: Int, weight: Double)] {
        var taps: [(offset: Int, weight: Double)] = [(0, 1)]
        for (place, size) in zip(position, sizes) {
            let line = neighbours(place, size)
            taps = taps.flatMap { tap in line.map { (tap.offset * size + $0.offset, tap.weight * $0.weight) } }
        }
        return taps
    }

    /// Pixels of a line of `size` that a place reads. What is outside and counts as 0 is left out.
    private func neighbours(_ place: Double, _ size: Int) -> [(offset: Int, weight: Double)] {
        guard place.isFinite else { return outside == .zeros ? [] : [(0, 1)] }
        // Of cubic, each neighbour is moved inside by itself.
        let isFree = mode == .cubic && outside != .zeros
        let place = isFree ? min(max(place, -1e9), 1e9) : inside(mode == .nearest ? place.rounded(.toNearestOrEven) : place, size)
        let whole = place.rounded(.down)
        let t = place - whole
        let weights: [Double]
        switch mode {
        case .nearest: weights = [1]
        case .linear: weights = [1 - t, t]
        case .cubic: weights = Sample.cubic(t)
        }
        let first = mode == .nearest ? Int(place) : mode == .linear ? Int(whole) : Int(whole) - 1
        return weights.enumerated().compactMap { index, weight in pixel(first + index, size).map { ($0, weight) } }
    }

    /// `place` moved onto the line, or near it where all outside is 0.
    private func inside(_ place: Double, _ size: Int) -> Double {
        let last = Double(size - 1)
        switch outside {
        case .zeros: return min(max(place, -4), last + 4)
        case .border: return min(max(place, 0), last)
        case .reflect: return Sample.mirrored(place, -0.5, last + 0.5)
        case .mirror: return Sample.mirrored(place, 0, last)
        }
    }

    private func pixel(_ index: Int, _ size: Int) -> Int? {
        if (0..<size).contains(index) { return index }
        switch outside {
        case .zeros: return nil
        case .border: return min(max(index, 0), size - 1)
        case .reflect: return Int(Sample.mirrored(Double(index), -0.5, Double(size) - 0.5))
        case .mirror: return Int(Sample.mirrored(Double(index), 0, Double(size - 1)))
        }
    }

    private static func mirrored(_ place: Double, _ low: Double, _ high: Double) -> Double {
        if place >= low && place <= high { return place }
        let length = high - low
        guard length > 0 else { return low }
        let beyond = place < low ? low - place : place - high
        let turns = (beyond / length).rounded(.down)
        let rest = fmod(beyond, length)
        // An even number of turns ends at the side where it began.
        let fromLow = (place < low) == (fmod(turns, 2) == 0)
        return fromLow ? low + rest : high - rest
    }

    private static func cubic(_ t: Double) -> [Double] {
        let a = -0.75
        func near(_ d: Double) -> Double { ((a + 2) * d - (a + 3)) * d * d + 1 }
        func far(_ d: Double) -> Double { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
        return [far(1 + t), near(t), near(1 - t), far(2 - t)]
    }
}
