import Glibc

/// Resampling filters, named as in Pillow.
package enum ResampleFilter: String, Sendable, CaseIterable {
    case nearest, box, bilinear, hamming, bicubic, lanczos

    /// Half width of the kernel in source pixels when not shrinking. Nearest has no kernel.
    var support: Double {
        switch self {
        case .nearest: 0
        case .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The kernel at distance `t`. Bicubic is Keys' with a = -0.5.
    func weight(_ t: Double) -> Double {
        let x = abs(t)
        switch self {
        case .nearest: return 0
        case .box: return t > -0.5 && t <= 0.5 ? 1 : 0
        case .bilinear: return x < 1 ? 1 - x : 0
        case .hamming:
            if x == 0 { return 1 }
            if x >= 1 { return 0 }
            let p = x * Double.pi
            // Pillow's constants are single precision.
            return sin(p) / p * (Double(0.54 as Float) + Double(0.46 as Float) * cos(p))
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        case .lanczos: return t >= -3 && t < 3 ? sinc(t) * sinc(t / 3) : 0
        }
    }

    private func sinc(_ x: Double) -> Double {
        if x == 0 { return 1 }
        let p = x * Double.pi
        return sin(p) / p
    }
}

/// The weights that make `outputs` samples of a row or column of `inputs` samples.
///
/// When shrinking, the kernel is stretched by the scale (antialiasing). Weights of one output are normalised to sum 1.
struct ResampleTable {
    /// First input sample of each output.
    private(set) var starts: [Int] = []
    /// Number of input samples of each output, at most `stride`.
    private(set) var counts: [Int] = []
    /// `stride` weights an output; unused ones are 0.
    private(set) var weights: [Double] = []
    let stride: Int

    init(inputs: Int, outputs: Int, filter: ResampleFilter) {
        let scale = Double(inputs) / Double(outputs)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        stride = Int(support.rounded(.up)) * 2 + 1
        weights = [Double](repeating: 0, count: stride * outputs)
        starts.reserveCapacity(outputs)
        counts.reserveCapacity(outputs)
        let inverse = 1 / stretch
        for output in 0..<outputs {
            let center = (Double(output) + 0.5) * scale
            let first = max(0, Int(center - support + 0.5))
            let count = min(inputs, Int(center + support + 0.5)) - first
            var sum = 0.0
            for i in 0..<count {
                let w = filter.weight((Double(first + i) - center + 0.5) * inverse)
                weights[output * stride + i] = w
                sum += w
            }
            if sum != 0 { for i in 0..<count { weights[output * stride + i] /= sum } }
            starts.append(first)
            counts.append(count)
        }
    }

    /// Bits after the binary point of ``fixedPoint``: 32 less 8 of the sample less 2 of headroom.
    static let precision = 22

    /// The weights as 22-bit fixed point, rounded half away from zero.
    var fixedPoint: [Int32] {
        let one = Double(1 << Self.precision)
        return weights.map { Int32($0 < 0 ? $0 * one - 0.5 : $0 * one + 0.5) }
    }
}
