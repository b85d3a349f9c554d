import CKernels
import Foundation
import TestSupport
import Testing

/// Channels-last group normalisation against sums in double precision.
@Suite struct GroupNormNHWCTests {
    @Test func agreesWithTheDefinition() async {
        await #expect(processExitsWith: .success) {
            for (batch, channels, spatial, groups) in [(2, 32, 49, 8), (1, 72, 300, 4), (3, 4, 1, 2), (1, 6, 17, 3), (1, 64, 3136, 32)] {
                for silu in [false, true] { try NormCase(batch, channels, spatial, groups, silu).check() }
            }
        }
    }
}

private struct NormCase {
    let (batch, channels, spatial, groups, silu): (Int, Int, Int, Int, Bool)

    init(_ batch: Int, _ channels: Int, _ spatial: Int, _ groups: Int, _ silu: Bool) {
        (self.batch, self.channels, self.spatial, self.groups, self.silu) = (batch, channels, spatial, groups, silu)
    }

    func check() throws {
        var draw = SampleTensors(seed: UInt64(channels * spatial))
        // A mean far from 0 shows what cancels.
        let x = draw.floats([batch, spatial, channels]).floats.map { $0 + 20 }
        let (gamma, beta) = (draw.floats([channels]).floats, draw.floats([channels]).floats)
        let (scale, shift) = (draw.floats([batch, channels]).floats, draw.floats([batch, channels]).floats)
        var (expected, largest) = ([Double](repeating: 0, count: x.count), 1.0)
        let size = channels / groups
        for b in 0..<batch {
            for group in 0..<groups {
                let places = (0..<spatial).flatMap { p in (0..<size).map { (b * spatial + p) * channels + group * size + $0 } }
                let mean = places.reduce(0.0) { $0 + Double(x[$1]) } / Double(places.count)
                let variance = places.reduce(0.0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) } / Double(places.count)
                for place in places {
                    let c = place % channels
                    let norm = (Double(x[place]) - mean) / (variance + 1e-2).squareRoot() * Double(gamma[c]) + Double(beta[c])
                    let value = norm * (1 + Double(scale[b * channels + c])) + Double(shift[b * channels + c])
                    largest = max(largest, abs(value))
                    expected[place] = silu ? value / (1 + exp(-value)) : value
                }
            }
        }
        let name = "group norm \(batch)×\(spatial)×\(channels) in \(groups)"
        for result in try Sweep(name: name).run(x.count, Float.self, { call(x, gamma, beta, scale, shift, $0) }) {
            // Twenty standard deviations from 0, x itself carries a rounding of about 1e-6 of them.
            #expect(fault(result, expected) { _ in 2e-5 * largest } == nil, "\(name)")
        }
    }

    private func call(
        _ x: UnsafePointer<Float>, _ gamma: UnsafePointer<Float>, _ beta: UnsafePointer<Float>, _ scale: UnsafePointer<Float>,
        _ shift: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = tk_group_norm_nhwc_args()
        (arguments.norm.x, arguments.norm.y, arguments.norm.batch) = (x, y, batch)
        (arguments.norm.channels, arguments.norm.spatial, arguments.norm.groups) = (channels, spatial, groups)
        (arguments.norm.gamma, arguments.norm.beta, arguments.norm.scale, arguments.norm.shift) = (gamma, beta, scale, shift)
        (arguments.norm.eps, arguments.norm.scale_stride, arguments.norm.silu) = (1e-2, channels, silu ? 1 : 0)
        (arguments.ldx, arguments.ldy) = (channels, channels)
        (arguments.x_image, arguments.y_image) = (channels * spatial, channels * spatial)
        return withScratch(tk_group_norm_nhwc_scratch(&arguments)) { tk_group_norm_nhwc(&arguments, $0) }
    }
}
