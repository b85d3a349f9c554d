import CKernels
import Foundation
import TestSupport
import Testing

/// Products against loops in double precision. An error may reach `depth × 2^-24` of the sum of the products' magnitudes.
@Suite struct ProductTests {
    @Test func linear() async {
        await #expect(processExitsWith: .success) {
            let sizes = [
                (1, 97, 70), (2, 33, 300), (7, 64, 19), (9, 130, 257), (20, 65, 512), (100, 70, 64), (3, 5, 0), (0, 5, 3),
            ]
            for (m, n, k) in sizes { for form in 0..<4 { try LinearCase(m, n, k, form).check() } }
        }
    }

    @Test func matmul() async {
        await #expect(processExitsWith: .success) {
            for (m, n, k) in [(1, 33, 65), (50, 70, 300), (7, 5, 3), (130, 66, 20), (4, 6, 0)] {
                for form in 0..<4 { try ProductTests.checkMatmul(m, n, k, form & 1 == 1, form & 2 == 2) }
            }
        }
    }

    private static func checkMatmul(_ m: Int, _ n: Int, _ k: Int, _ turnA: Bool, _ turnB: Bool) throws {
        var draw = SampleTensors(seed: UInt64(m + n))
        let (a, b) = (draw.floats([2, m, k]).floats, draw.floats([1, k, n]).floats)
        var arguments = tk_matmul_args()
        (arguments.m, arguments.n, arguments.k, arguments.alpha) = (m, n, k, 0.5)
        (arguments.transpose_a, arguments.transpose_b) = (turnA ? 1 : 0, turnB ? 1 : 0)
        (arguments.lda, arguments.ldb, arguments.ldc) = (turnA ? m : k, turnB ? k : n, n)
        (arguments.batch_outer, arguments.batch_inner, arguments.a_outer, arguments.c_outer) = (2, 1, m * k, m * n)
        var (expected, bounds): ([Double], [Double]) = ([], [])
        for batch in 0..<2 {
            for i in 0..<m {
                for j in 0..<n {
                    let products = (0..<k).map { p in
                        Double(a[batch * m * k + (turnA ? p * m + i : i * k + p)]) * Double(b[turnB ? j * k + p : p * n + j])
                    }
                    expected.append(0.5 * products.reduce(0, +))
                    bounds.append(0.5 * Double(k + 1) * 0x1p-24 * products.map(abs).reduce(0, +))
                }
            }
        }
        let name = "matmul \(m)×\(n)×\(k) \(turnA) \(turnB)"
        for result in try Sweep(name: name).run(
            2 * m * n, Float.self,
            { y in
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        (arguments.a, arguments.b, arguments.c) = (a.baseAddress, b.baseAddress, y)
                        return tk_matmul(&arguments, nil)
                    }
                }
            })
        { #expect(fault(result, expected) { bounds[$0] } == nil, "\(name)") }
    }

    @Test func attention() async {
        await #expect(processExitsWith: .success) {
            for (queries, keys, depth) in [
                (66, 140, 40), (1, 129, 32), (3, 77, 20), (5, 1, 8), (33, 40, 13), (140, 150, 24), (257, 140, 8),
            ] {
                for form in 0..<5 { try AttentionCase(queries, keys, depth, form).check() }
            }
        }
    }

    @Test func convolution() async {
        await #expect(processExitsWith: .success) {
            let cases = [
                ConvCase(3, 8, (17, 19), (3, 3), 1, 1, 1, 1), ConvCase(16, 24, (33, 35), (3, 3), 2, 1, 1, 2),
                ConvCase(3, 48, (32, 32), (16, 16), 16, 0, 1, 1), ConvCase(20, 70, (14, 14), (1, 1), 1, 0, 1, 1),
                ConvCase(12, 12, (20, 23), (7, 7), 1, 3, 1, 12), ConvCase(12, 12, (20, 23), (3, 3), 2, 1, 1, 12),
                ConvCase(8, 9, (21, 30), (3, 2), 1, 2, 2, 1), ConvCase(4, 4, (5, 3), (3, 3), 1, 5, 1, 4),
            ]
            for conv in cases { try conv.check() }
        }
    }
}

/// One linear layer: plain; with bias and GELU; gated with bias, factor and SiLU; with a residual that is the result itself.
private struct LinearCase {
    let (m, n, k, form): (Int, Int, Int, Int)

    init(_ m: Int, _ n: Int, _ k: Int, _ form: Int) { (self.m, self.n, self.k, self.form) = (m, n, k, form) }

    func check() throws {
        var draw = SampleTensors(seed: UInt64(m * n + form))
        let x = draw.floats([m, k]).floats
        let (w, up) = (draw.floats([n, k], -0.1...0.1).floats, draw.floats([n, k], -0.1...0.1).floats)
        let (bias, factor, start) = (draw.floats([n]).floats, draw.floats([m, n]).floats, draw.floats([m, n]).floats)
        var (expected, bounds): ([Double], [Double]) = ([], [])
        for i in 0..<m {
            for j in 0..<n {
                let (sum, size) = dot(x, w, i, j)
                let (second, secondSize) = form == 2 ? dot(x, up, i, j) : (0, 0)
                let b = form == 1 || form == 2 ? Double(bias[j]) : 0
                // Slopes of the activations stay below 1.2, their values below |z| + 1.
                let (a, g) = (size + abs(b) + 1, secondSize + 1)
                let (f, r) = (Double(factor[i * n + j]), Double(start[i * n + j]))
                switch form {
                case 1: expected.append(gelu(sum + b)); bounds.append(1.2 * a)
                case 2: expected.append((sum + b) / (1 + exp(-sum - b)) * (second + b) * f); bounds.append(2.2 * a * (g + abs(b)) * abs(f))
                case 3: expected.append(sum + r); bounds.append(a + abs(r))
                default: expected.append(sum); bounds.append(a)
                }
            }
        }
        let name = "linear \(m)×\(n)×\(k), form \(form)"
        let results = try Sweep(name: name).run(m * n, Float.self, initially: start) { y in call(x, w, up, bias, factor, y) }
        for result in results {
            #expect(fault(result, expected) { Double(k + 8) * 0x1p-24 * bounds[$0] } == nil, "\(name)")
        }
    }

    private func dot(_ x: [Float], _ w: [Float], _ i: Int, _ j: Int) -> (sum: Double, size: Double) {
        var (sum, size) = (0.0, 0.0)
        for p in 0..<k {
            let product = Double(x[i * k + p]) * Double(w[j * k + p])
            sum += product
            size += abs(product)
        }
        return (sum, size)
    }

    private func gelu(_ z: Double) -> Double { 0.5 * z * (1 + erf(z * 0.5.squareRoot())) }

    private func call(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
        _ factor: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = tk_linear_args()
        (arguments.m, arguments.n, arguments.k) = (m, n, k)
        (arguments.x, arguments.ldx, arguments.weight, arguments.ldw, arguments.y, arguments.ldy) = (x, k, w, k, y, n)
        switch form {
        case 1: (arguments.bias, arguments.activation) = (bias, TK_ACT_GELU_ERF)
        case 2:
            (arguments.bias, arguments.up_weight, arguments.up_bias) = (bias, up, bias)
            (arguments.gate, arguments.ldgate, arguments.activation) = (factor, n, TK_ACT_SILU)
        case 3: (arguments.residual, arguments.ldres) = (UnsafePointer(y), n)
        default: break
        }
        let bytes = tk_linear_scratch(&arguments, tk_max_threads())
        return withScratch(bytes) { tk_linear(&arguments, $0) }
    }
}

/// Two heads side by side in the rows of q, k, v: plain, masked, biased, off by one, causal.
private struct AttentionCase {
    let (queries, keys, depth, form): (Int, Int, Int, Int)

    init(_ queries: Int, _ keys: Int, _ depth: Int, _ form: Int) {
        (self.queries, self.keys, self.depth, self.form) = (queries, keys, depth, form)
    }

    func check() throws {
        var draw = SampleTensors(seed: UInt64(keys * 10 + form))
        let q = draw.floats([queries, 2, depth]).floats
        let (k, v) = (draw.floats([keys, 2, depth]).floats, draw.floats([keys, 2, depth]).floats)
        let (mask, bias) = (draw.bools([queries, keys]).bools.map { UInt8($0 ? 1 : 0) }, draw.floats([queries, keys]).floats)
        var expected = [Double](repeating: 0, count: queries * 2 * depth)
        for head in 0..<2 {
            for i in 0..<queries {
                let scores = (0..<keys).map { score(q, k, mask, bias, head, i, $0) }
                let highest = max(scores.max() ?? 0, form == 3 ? 0 : -.infinity)
                let weights = scores.map { exp($0 - highest) }
                let sum = weights.reduce(form == 3 ? exp(-highest) : 0, +)
                for (j, weight) in weights.enumerated() {
                    for e in 0..<depth { expected[(i * 2 + head) * depth + e] += weight / sum * Double(v[(j * 2 + head) * depth + e]) }
                }
            }
        }
        let name = "attention \(queries)×\(keys)×\(depth), form \(form)"
        for result in try Sweep(name: name).run(expected.count, Float.self, { call(q, k, v, mask, bias, $0) }) {
            #expect(fault(result, expected) { _ in 2e-5 } == nil, "\(name)")
        }
    }

    private func score(_ q: [Float], _ k: [Float], _ mask: [UInt8], _ bias: [Float], _ head: Int, _ i: Int, _ j: Int) -> Double {
        let lowest = -Double(Float.greatestFiniteMagnitude)
        if form == 1, mask[i * keys + j] != 0 { return lowest }
        if form == 4, j > i + keys - queries { return lowest }
        let sum = (0..<depth).reduce(0.0) { $0 + Double(q[(i * 2 + head) * depth + $1]) * Double(k[(j * 2 + head) * depth + $1]) }
        return 0.25 * sum + (form == 2 ? Double(bias[i * keys + j]) : 0)
    }

    private func call(
        _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ mask: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = tk_attention_args()
        (arguments.batch, arguments.heads, arguments.nq, arguments.nk) = (1, 2, queries, keys)
        (arguments.d, arguments.dv, arguments.scale) = (depth, depth, 0.25)
        (arguments.q, arguments.q_head, arguments.q_row) = (q, depth, 2 * depth)
        (arguments.k, arguments.k_head, arguments.k_row) = (UnsafeRawPointer(k), depth, 2 * depth)
        (arguments.v, arguments.v_head, arguments.v_row) = (UnsafeRawPointer(v), depth, 2 * depth)
        (arguments.y, arguments.y_head, arguments.y_row) = (y, depth, 2 * depth)
        if form == 1 { arguments.mask = mask }
        if form == 2 { arguments.bias = bias }
        arguments.mask_row = keys
        arguments.off_by_one = form == 3 ? 1 : 0
        arguments.causal = form == 4 ? 1 : 0
        return withScratch(tk_attention_scratch(&arguments, tk_max_threads())) { tk_attention(&arguments, $0) }
    }
}

/// A convolution with bias, ReLU and a residual.
private struct ConvCase {
    let (channels, outChannels, size, kernel): (Int, Int, (Int, Int), (Int, Int))
    let (stride, padding, dilation, groups): (Int, Int, Int, Int)

    init(
        _ channels: Int, _ outChannels: Int, _ size: (Int, Int), _ kernel: (Int, Int), _ stride: Int, _ padding: Int,
        _ dilation: Int, _ groups: Int
    ) {
        (self.channels, self.outChannels, self.size, self.kernel) = (channels, outChannels, size, kernel)
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    func check() throws {
        var draw = SampleTensors(seed: UInt64(channels + size.0))
        let height = tk_conv2d_output(size.0, kernel.0, stride, 2 * padding, dilation)
        let width = tk_conv2d_output(size.1, kernel.1, stride, 2 * padding, dilation)
        let (inGroup, outGroup) = (channels / groups, outChannels / groups)
        let x = draw.floats([channels, size.0, size.1]).floats
        let weight = draw.floats([outChannels, inGroup, kernel.0, kernel.1]).floats
        let (bias, residual) = (draw.floats([outChannels]).floats, draw.floats([outChannels, height, width]).floats)
        var (expected, bounds): ([Double], [Double]) = ([], [])
        for index in 0..<(outChannels * height * width) {
            let (o, i, j) = (index / (height * width), index / width % height, index % width)
            var (sum, magnitude) = (Double(bias[o]), abs(Double(bias[o])))
            for tap in 0..<(inGroup * kernel.0 * kernel.1) {
                let (c, ky, kx) = (tap / (kernel.0 * kernel.1), tap / kernel.1 % kernel.0, tap % kernel.1)
                let (row, column) = (i * stride + ky * dilation - padding, j * stride + kx * dilation - padding)
                guard (0..<size.0).contains(row), (0..<size.1).contains(column) else { continue }
                let source = ((o / outGroup * inGroup + c) * size.0 + row) * size.1 + column
                let product = Double(x[source]) * Double(weight[o * inGroup * kernel.0 * kernel.1 + tap])
                sum += product
                magnitude += abs(product)
            }
            expected.append(max(sum, 0) + Double(residual[index]))
            bounds.append(Double(inGroup * kernel.0 * kernel.1 + 8) * 0x1p-24 * (magnitude + abs(Double(residual[index]))))
        }
        let name = "conv \(channels)→\(outChannels) \(size) by \(kernel)"
        for result in try Sweep(name: name).run(expected.count, Float.self, { call(x, weight, bias, residual, $0) }) {
            #expect(fault(result, expected) { bounds[$0] } == nil, "\(name)")
        }
    }

    private func call(
        _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ residual: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = tk_conv2d_args()
        (arguments.batch, arguments.in_channels, arguments.height, arguments.width) = (1, channels, size.0, size.1)
        (arguments.out_channels, arguments.kernel_h, arguments.kernel_w) = (outChannels, kernel.0, kernel.1)
        (arguments.stride_h, arguments.stride_w, arguments.groups) = (stride, stride, groups)
        (arguments.pad_top, arguments.pad_left, arguments.pad_bottom, arguments.pad_right) = (padding, padding, padding, padding)
        (arguments.dilation_h, arguments.dilation_w, arguments.activation) = (dilation, dilation, TK_ACT_RELU)
        (arguments.x, arguments.weight, arguments.bias, arguments.residual, arguments.y) = (x, weight, bias, residual, y)
        return withScratch(tk_conv2d_scratch(&arguments, tk_max_threads())) { tk_conv2d(&arguments, $0) }
    }
}
