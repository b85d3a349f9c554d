/// Which source positions each position of a resized axis reads, and with what weights; what kernels are fed with, too.
package struct ResizeTaps: Sendable, Equatable {
    /// Source positions for each of `size` results: `tapsPerPosition` each, one result after the other.
    package private(set) var indices: [Int] = []
    /// Weights of those positions; each result's sum to 1, or are all 0 where it lies outside the region.
    package private(set) var weights: [Double] = []
    /// 1 for nearest, 2 for linear, 4 for cubic; more where antialiasing spreads them.
    package let tapsPerPosition: Int

    /// Taps for dimension `axis` of `source` (at least 1) positions resized to `size`.
    init(_ resize: Resize, from source: Int, to size: Int, axis: Int) {
        let places = ResizePlaces(resize, from: source, to: size, axis: axis)
        // Reach of the kernel to both sides: 1 or 2 pixels, as many times wider as the axis shrinks.
        let reach = (resize.mode == .linear ? 1 : 2) * max(1 / places.spread, 1)
        switch resize.mode {
        case .nearest: tapsPerPosition = 1
        case _ where places.spread < 1: tapsPerPosition = min(2 * Int(reach) + 3, saturatingAdd(source, 2))
        case .linear: tapsPerPosition = 2
        case .cubic: tapsPerPosition = 4
        }
        for position in 0..<size {
            if source == size && resize.keepsEqualSizes {
                append([position], [1], source)
            } else if resize.mode == .nearest && resize.details.rounding == nil && !places.areGiven {
                append([ResizeTaps.nearest(resize.coordinates, position, source, size)], [1], source)
            } else if let place = places[position] {
                appendInterpolated(resize, place, source, spread: places.spread, reach: reach)
            } else {
                append([0], [0], source)
            }
        }
    }

    /// Adds the taps of one result, clamped to the axis and filled up with weight 0.
    private mutating func append(_ positions: [Int], _ factors: [Double], _ source: Int) {
        for tap in 0..<tapsPerPosition {
            let position = tap < positions.count ? positions[tap] : positions[0]
            indices.append(Swift.min(Swift.max(position, 0), source - 1))
            weights.append(tap < factors.count ? factors[tap] : 0)
        }
    }

    /// ⌊i·source/size⌋, or ⌊(i + ½)·source/size⌋ for half pixels; in integers, so that nothing rounds.
    private static func nearest(_ coordinates: Resize.Coordinates, _ position: Int, _ source: Int, _ size: Int) -> Int {
        let scaled = coordinates == .asymmetric ? 2 * position : 2 * position + 1
        return floorDivide(saturatingMultiply(scaled, source), 2 * size)
    }

    private mutating func appendInterpolated(_ resize: Resize, _ place: Double, _ source: Int, spread: Double, reach: Double) {
        if resize.mode == .nearest { return append([ResizeTaps.rounded(place, resize)], [1], source) }
        let place = resize.mode == .linear && spread == 1 ? Swift.max(place, 0) : place
        let whole = place.rounded(.down)
        let (first, t) = (Int(whole), place - whole)
        var (positions, factors): ([Int], [Double])
        if spread < 1 {
            (positions, factors) = ResizeTaps.spreadOut(place, spread, reach, resize, source)
        } else if resize.mode == .linear {
            (positions, factors) = ([first, first + 1], [1 - t, t])
        } else {
            (positions, factors) = ([first - 1, first, first + 1, first + 2], ResizeTaps.cubic(t, resize.cubicCoefficient))
        }
        if resize.details.excludeOutside {
            factors = zip(positions, factors).map { (0..<source).contains($0) ? $1 : 0 }
            let sum = factors.reduce(0, +)
            if sum != 0 { factors = factors.map { $0 / sum } }
        }
        append(positions, factors, source)
    }

    private static func rounded(_ place: Double, _ resize: Resize) -> Int {
        switch resize.details.rounding ?? (resize.coordinates == .asymmetric ? .floor : .preferCeil) {
        case .floor: Int(place.rounded(.down))
        case .ceil: Int(place.rounded(.up))
        case .preferFloor: Int((place - 0.5).rounded(.up))
        case .preferCeil: Int((place + 0.5).rounded(.down))
        }
    }

    /// Every pixel within reach, weighted by the kernel drawn out to 1/spread of its width. Those outside count at the edge they lie beyond.
    private static func spreadOut(
        _ place: Double, _ spread: Double, _ reach: Double, _ resize: Resize, _ source: Int
    ) -> (positions: [Int], factors: [Double]) {
        var (positions, factors): ([Int], [Double]) = ([], [])
        var (before, behind) = (0.0, 0.0)
        for position in Int((place - reach).rounded(.up))...Int((place + reach).rounded(.down)) {
            let distance = abs(spread * (Double(position) - place))
            let factor = resize.mode == .linear ? max(1 - distance, 0) : kernel(distance, resize.cubicCoefficient)
            if position < 0 {
                before += factor
            } else if position >= source {
                behind += factor
            } else {
                positions.append(position)
                factors.append(factor)
            }
        }
        let sum = factors.reduce(before + behind, +)
        if sum != 0 { (before, behind, factors) = (before / sum, behind / sum, factors.map { $0 / sum }) }
        return (positions + [-1, source], factors + [before, behind])
    }

    /// Weights of the four neighbours at distances 1 + t, t, 1 - t, 2 - t.
    private static func cubic(_ t: Double, _ a: Double) -> [Double] { [far(1 + t, a), near(t, a), near(1 - t, a), far(2 - t, a)] }

    /// The cubic convolution kernel (Keys, IEEE ASSP 29(6), 1981).
    private static func kernel(_ distance: Double, _ a: Double) -> Double {
        distance <= 1 ? near(distance, a) : distance < 2 ? far(distance, a) : 0
    }

    private static func near(_ d: Double, _ a: Double) -> Double { ((a + 2) * d - (a + 3)) * d * d + 1 }

    private static func far(_ d: Double, _ a: Double) -> Double { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
}

/// Where each position of a resized axis lies in its source.
struct ResizePlaces {
    private let coordinates: Resize.Coordinates
    private let alignCorners: Bool
    private let source, size: Int
    /// Result size over source size, if it is not the quotient of the sizes.
    private let scale: Double?
    private let region: (start: Double, end: Double)

    init(_ resize: Resize, from source: Int, to size: Int, axis: Int) {
        (coordinates, alignCorners, self.source, self.size) = (resize.coordinates, resize.alignCorners, source, size)
        let details = resize.details
        scale = axis < details.scales.count ? details.scales[axis] : nil
        let half = details.roi.count / 2
        region = axis < half ? (details.roi[axis], details.roi[half + axis]) : (0, 1)
        spread = details.antialias && resize.mode != .nearest ? min(max(scale ?? Double(size) / Double(source), 1e-6), 1) : 1
    }

    /// 1, or with antialiasing how much the axis shrinks.
    let spread: Double

    /// Whether positions do not follow from the two sizes.
    var areGiven: Bool { scale != nil || coordinates == .cropped }

    /// nil for what lies outside a region's source.
    subscript(position: Int) -> Double? {
        let (i, corner, length) = (Double(position), Double(source - 1), scale.map { $0 * Double(source) } ?? Double(size))
        if alignCorners { return length == 1 ? 0 : limited(i * corner / (length - 1)) }
        switch coordinates {
        case .asymmetric: return limited(ratio(i))
        case .halfPixel: return limited(ratio(i + 0.5) - 0.5)
        case .torchHalfPixel: return length > 1 ? limited(ratio(i + 0.5) - 0.5) : 0
        case .symmetric: return limited(Double(source) / 2 * (1 - Double(size) / length) + ratio(i + 0.5) - 0.5)
        case .cropped:
            // A mean of both ends, so that each end is exact and the last position of x is not outside.
            let t = length == 1 ? 0.5 : i / (length - 1)
            let place = (region.start * (1 - t) + region.end * t) * corner
            return place < 0 || place > corner ? nil : limited(place)
        }
    }

    private func ratio(_ i: Double) -> Double { scale.map { i / $0 } ?? i * Double(source) / Double(size) }

    /// Clamped to where no neighbour is on the axis any more, so that it is an integer's neighbour whatever the scale.
    private func limited(_ place: Double) -> Double { place.isNaN ? 0 : min(max(place, -4), Double(source) + 4) }
}
