import CKernels
import Foundation
import TestSupport
import Testing

/// Kernels over rows and over a middle dimension, against loops in double precision.
@Suite struct RowTests {
    typealias Kernel = @Sendable (_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) -> Void

    /// Kernel, its row function, and its promise: a share of the element or of the row's largest.
    static let kernels: [(name: String, kernel: Kernel, row: @Sendable ([Double]) -> [Double], share: Double, ofLargest: Bool)] = [
        (
            "layer_norm", { tk_layer_norm($0, $1, $2, $3, nil, nil, 1e-3) },
            { row in
                let mean = row.reduce(0, +) / Double(row.count)
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
                return row.map { ($0 - mean) / (variance + Double(Float(1e-3))).squareRoot() }
            }, 1e-6, true
        ),
        (
            "rms_norm", { tk_rms_norm($0, $1, $2, $3, nil, 1e-6) },
            { row in
                let square = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
                return row.map { $0 / (square + Double(Float(1e-6))).squareRoot() }
            }, 1e-6, false
        ),
        (
            "l2_normalize", { tk_l2_normalize($0, $1, $2, $3, 1e-12) },
            { row in
                row.map { $0 / row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            }, 1e-6, false
        ),
        ("softmax", { tk_softmax($0, $1, $2, $3, 0) }, { softmax($0, extra: 0) }, 2e-6, false),
        ("softmax off by one", { tk_softmax($0, $1, $2, $3, 1) }, { softmax($0, extra: 1) }, 2e-6, false),
        ("log_softmax", { tk_log_softmax($0, $1, $2, $3) }, { softmax($0, extra: 0).map { log($0) } }, 1e-6, true),
    ]

    private static func softmax(_ row: [Double], extra: Double) -> [Double] {
        let sum = row.reduce(extra) { $0 + exp($1) }
        return row.map { exp($0) / sum }
    }

    @Test func rowsOfEveryLength() async {
        await #expect(processExitsWith: .success) {
            for (rows, columns) in [(1, 1), (3, 7), (5, 64), (97, 384), (2, 1000), (40, 3), (0, 5)] {
                for index in RowTests.kernels.indices { try RowTests.checkRows(index, rows, columns) }
            }
        }
    }

    private static func checkRows(_ index: Int, _ rows: Int, _ columns: Int) throws {
        let (name, kernel, function, share, ofLargest) = kernels[index]
        var draw = SampleTensors(seed: UInt64(columns))
        let x = draw.floats([rows, columns], -5...7).floats
        let expected = (0..<rows).flatMap { function(x[($0 * columns)..<(($0 + 1) * columns)].map { Double($0) }) }
        let largest = expected.map { abs($0) }.max() ?? 0
        let results = try Sweep(name: "\(name) \(rows)×\(columns)").run(x.count, Float.self) {
            kernel(x, $0, rows, columns)
            return TK_OK
        }
        for result in results {
            let fault = fault(result, expected) { max(share * (ofLargest ? largest : abs(expected[$0])), 0x1p-24) }
            #expect(fault == nil, "\(name) \(rows)×\(columns)")
        }
    }

    @Test func reductions() async {
        await #expect(processExitsWith: .success) {
            for (outer, n, inner) in [(3, 50, 1), (2, 33, 17), (1, 5, 3000), (400, 100, 1), (2, 0, 4), (4, 300, 40)] {
                for op in [TK_REDUCE_SUM, TK_REDUCE_MEAN, TK_REDUCE_MAX, TK_REDUCE_MIN] {
                    try RowTests.checkReduction(op, outer, n, inner)
                }
            }
        }
    }

    private static func checkReduction(_ op: tk_reduce_op, _ outer: Int, _ n: Int, _ inner: Int) throws {
        var draw = SampleTensors(seed: UInt64(n))
        let x = draw.floats([outer, n, inner]).floats
        let lines = (0..<(outer * inner)).map { line in
            (0..<n).map { Double(x[(line / inner * n + $0) * inner + line % inner]) }
        }
        let expected = lines.map { RowTests.reduce($0, op) }
        let isExact = op == TK_REDUCE_MAX || op == TK_REDUCE_MIN
        // A mean's error is that of its sum, divided like it.
        let share = isExact ? 0 : (op == TK_REDUCE_MEAN ? 1 : Double(n)) * 0x1p-24
        let bounds = lines.map { share * $0.reduce(0) { $0 + abs($1) } }
        let name = "reduce \(op.rawValue) \(outer), \(n), \(inner)"
        let results = try Sweep(name: name, exact: isExact).run(lines.count, Float.self) { tk_reduce(TK_F32, op, x, $0, outer, n, inner) }
        for result in results { #expect(fault(result, expected) { bounds[$0] } == nil, "\(name)") }
    }

    private static func reduce(_ line: [Double], _ op: tk_reduce_op) -> Double {
        switch op {
        case TK_REDUCE_SUM: line.reduce(0, +)
        case TK_REDUCE_MEAN: line.reduce(0, +) / Double(line.count)
        case TK_REDUCE_MAX: line.max() ?? -.infinity
        default: line.min() ?? .infinity
        }
    }

    @Test func searches() async {
        await #expect(processExitsWith: .success) {
            for (rows, columns, k) in [(5, 100, 10), (3, 7, 7), (40, 1000, 50), (2, 5, 1)] {
                try RowTests.checkSearch(rows, columns, k)
            }
        }
    }

    private static func checkSearch(_ rows: Int, _ columns: Int, _ k: Int) throws {
        var draw = SampleTensors(seed: UInt64(columns))
        var x = draw.integers([rows, columns], -40...40).floats
        x[columns / 2] = .nan
        let order = (0..<rows).map { row in
            (0..<columns).sorted { i, j in
                let (a, b) = (x[row * columns + i], x[row * columns + j])
                if a.isNaN != b.isNaN { return a.isNaN }
                return a == b || a.isNaN ? i < j : a > b
            }
        }
        let best = try Sweep(name: "arg_max", exact: true).run(rows, Int64.self) { tk_arg_reduce(TK_F32, 0, x, $0, rows, columns, 1) }
        #expect(best.allSatisfy { $0 == order.map { Int64($0[0]) } })
        let values = UnsafeMutablePointer<Float>.allocate(capacity: rows * k)
        defer { values.deallocate() }
        let top = try Sweep(name: "top_k", exact: true).run(rows * k, Int64.self) { tk_top_k(TK_F32, x, values, $0, rows, columns, k) }
        #expect(top.allSatisfy { $0 == order.flatMap { $0.prefix(k).map { Int64($0) } } })
    }

    @Test func runningSums() {
        let x: [Int64] = [3, -5, 7, 1, 7, 2]
        for (exclusive, reverse, expected) in [
            (0, 0, [3, -2, 5, 1, 8, 10]), (1, 0, [0, 3, -2, 0, 1, 8]), (0, 1, [5, 2, 7, 10, 9, 2]), (1, 1, [2, 7, 0, 9, 2, 0]),
        ] as [(Int32, Int32, [Int64])] {
            var y = [Int64](repeating: 99, count: 6)
            #expect(tk_cumsum(TK_I64, x, &y, 2, 3, 1, exclusive, reverse) == TK_OK && y == expected)
        }
    }

    @Test func groupNorm() async {
        await #expect(processExitsWith: .success) {
            for (batch, channels, spatial, groups) in [(2, 32, 49, 8), (1, 64, 1024, 32), (3, 4, 1, 2)] {
                try GroupNormCase(batch: batch, channels: channels, spatial: spatial, groups: groups).check()
            }
        }
    }
}

/// Group normalisation with scale, modulation for each batch and channel, and SiLU.
private struct GroupNormCase {
    let batch: Int
    let channels: Int
    let spatial: Int
    let groups: Int

    func check() throws {
        var draw = SampleTensors(seed: UInt64(spatial))
        let x = draw.floats([batch, channels, spatial]).floats
        let (gamma, modulation) = (draw.floats([channels]).floats, draw.floats([batch, 2 * channels]).floats)
        let normed = normalized(x)
        let expected = x.indices.map { index in
            let (n, c) = (index / (channels * spatial), index / spatial % channels)
            let scale = 1 + Double(modulation[n * 2 * channels + c])
            let z = normed[index] * Double(gamma[c]) * scale + Double(modulation[n * 2 * channels + channels + c])
            return z / (1 + exp(-z))
        }
        let largest = expected.map { abs($0) }.max() ?? 0
        for result in try Sweep(name: "group_norm \(spatial)").run(x.count, Float.self, { call(x, gamma, modulation, $0) }) {
            #expect(fault(result, expected) { _ in 1e-5 * largest } == nil, "group_norm \(spatial)")
        }
    }

    private func normalized(_ x: [Float]) -> [Double] {
        let size = channels / groups * spatial
        return stride(from: 0, to: x.count, by: size).flatMap { start in
            let group = x[start..<(start + size)].map { Double($0) }
            let mean = group.reduce(0, +) / Double(size)
            let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
            return group.map { ($0 - mean) / (variance + Double(Float(1e-2))).squareRoot() }
        }
    }

    private func call(
        _ x: UnsafePointer<Float>, _ gamma: UnsafePointer<Float>, _ modulation: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = tk_group_norm_args()
        (arguments.x, arguments.y, arguments.batch, arguments.channels) = (x, y, batch, channels)
        (arguments.spatial, arguments.groups, arguments.eps, arguments.silu) = (spatial, groups, 1e-2, 1)
        (arguments.gamma, arguments.scale, arguments.shift) = (gamma, modulation, modulation + channels)
        arguments.scale_stride = 2 * channels
        return tk_group_norm(&arguments)
    }
}
