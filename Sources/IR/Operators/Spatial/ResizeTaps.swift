/// Which source positions each position of a resized axis reads, and with what weights; what kernels are fed with, too.
package struct ResizeTaps: Sendable, Equatable {
    /// Source positions for each of `size` results: `tapsPerPosition` each, one result after the other.
    package private(set) var indices: [Int] = []
    /// Weights of those positions; each result's sum to 1.
    package private(set) var weights: [Double] = []
    /// 1 for nearest, 2 for linear, 4 for cubic.
    package let tapsPerPosition: Int

    /// Taps for an axis of `source` (at least 1) positions resized to `size`.
    init(_ resize: Resize, from source: Int, to size: Int) {
        tapsPerPosition =
            switch resize.mode {
            case .nearest: 1
            case .linear: 2
            case .cubic: 4
            }
        for position in 0..<size {
            if source == size {
                append([position], [1], source)
            } else if resize.mode == .nearest {
                append([ResizeTaps.nearest(resize.coordinates, position, source, size)], [1], source)
            } else {
                appendInterpolated(resize, position, source, size)
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

    private mutating func appendInterpolated(_ resize: Resize, _ position: Int, _ source: Int, _ size: Int) {
        var place: Double
        if resize.alignCorners {
            place = size > 1 ? Double(position) * Double(source - 1) / Double(size - 1) : 0
        } else if resize.coordinates == .asymmetric {
            place = Double(position) * Double(source) / Double(size)
        } else {
            place = (Double(position) + 0.5) * Double(source) / Double(size) - 0.5
        }
        if resize.mode == .linear { place = Swift.max(place, 0) }
        let whole = place.rounded(.down)
        let (first, t) = (Int(whole), place - whole)
        if resize.mode == .linear {
            append([first, first + 1], [1 - t, t], source)
        } else {
            append([first - 1, first, first + 1, first + 2], ResizeTaps.cubic(t, resize.cubicCoefficient), source)
        }
    }

    /// Weights of the four neighbours at distances 1 + t, t, 1 - t, 2 - t (Keys, IEEE ASSP 29(6), 1981).
    private static func cubic(_ t: Double, _ a: Double) -> [Double] {
        func near(_ d: Double) -> Double { ((a + 2) * d - (a + 3)) * d * d + 1 }
        func far(_ d: Double) -> Double { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
        return [far(1 + t), near(t), near(1 - t), far(2 - t)]
    }
}
