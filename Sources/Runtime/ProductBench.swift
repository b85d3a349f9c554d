import CKernels
import IR

/// Times the kernels that could compute one dense layer, y [m, n] = x [m, k] · weight [n, k]ᵀ.
public struct ProductBench: Sendable {
    /// One kernel and how long it takes.
    public struct Candidate: Sendable {
        /// Element type of the weights: f32, bf16, i8, or i7 for i8 within -64...64.
        public let type: String
        public let kernel: String
        /// Median of the runs.
        public let seconds: Double
        /// Multiply-adds count two.
        public let operationsPerSecond: Double
        /// Whether dispatch takes it among those of its type.
        public let isPicked: Bool
    }

    public let m, n, k: Int
    public let candidates: [Candidate]

    /// - Parameter runs: timed calls of each candidate; candidates take turns, so that drift meets all alike.
    /// - Throws: ``RuntimeError`` if a kernel refuses the sizes.
    public init(m: Int, n: Int, k: Int, runs: Int = 15) throws {
        self = try SettingsLock.shared.whileUnchanged { try ProductBench(timing: m, n, k, runs) }
    }

    private init(timing m: Int, _ n: Int, _ k: Int, _ runs: Int) throws {
        (self.m, self.n, self.k) = (m, n, k)
        let contenders = try Contender.all(m: m, n: n, k: k)
        var times = [[Double]](repeating: [], count: contenders.count)
        for round in 0..<(max(runs, 1) + 1) {
            for (index, contender) in contenders.enumerated() {
                let start = ContinuousClock.now
                guard contender.run() == TK_OK else { throw RuntimeError("\(contender.kernel) refuses \(m)×\(n)×\(k)") }
                if round > 0 { times[index].append(Double((ContinuousClock.now - start).nanoseconds) * 1e-9) }
            }
        }
        candidates = zip(contenders, times).map { contender, times in
            let median = times.sorted()[times.count / 2]
            return Candidate(
                type: contender.type, kernel: contender.kernel, seconds: median,
                operationsPerSecond: 2 * Double(m) * Double(n) * Double(k) / median, isPicked: contender.isPicked)
        }
    }

    /// Types for which dispatch picks a kernel slower than the best by more than `tolerance`, with how much slower.
    public func badPicks(tolerance: Double) -> [(type: String, slower: Double)] {
        Dictionary(grouping: candidates, by: \.type).compactMap { type, group in
            guard let picked = group.first(where: \.isPicked), let best = group.map(\.seconds).min(), best > 0 else { return nil }
            let slower = picked.seconds / best - 1
            return slower > tolerance ? (type, slower) : nil
        }.sorted { $0.type < $1.type }
    }
}

/// One kernel with operands of its own.
private struct Contender {
    let type: String
    let kernel: String
    let isPicked: Bool
    let run: () -> tk_status

    static func all(m: Int, n: Int, k: Int) throws -> [Contender] {
        let x = Tensor((0..<m * k).map { Float($0 % 31) * 0.06 - 0.9 }, [m, k])
        let formats: [(String, tk_weight_format, DType)] = [
            ("f32", TK_WEIGHT_F32, .f32), ("bf16", TK_WEIGHT_BF16, .bf16), ("i8", TK_WEIGHT_I8, .i8), ("i7", TK_WEIGHT_I7, .i8),
        ]
        return try formats.flatMap { type, format, dtype in
            let weight = Tensor((0..<n * k).map { Double($0 % 29) - 14 }, [n, k], as: dtype)
            guard let packed = PackedWeight(weight.bytes, format, rows: n, columns: k, for: Machine.active) else {
                throw RuntimeError("a weight \(n)×\(k) of \(type) cannot be packed")
            }
            return [(TK_PATH_FEW_ROWS, "few_rows"), (TK_PATH_PANELS, "panels")].map { path, name in
                Contender(
                    type: type, kernel: name, isPicked: tk_packed_path_for(format, m) == path, run: call(x, packed, path, m, n, k))
            }
        }
    }

    private static func call(
        _ x: Tensor, _ weight: PackedWeight, _ path: tk_packed_path, _ m: Int, _ n: Int, _ k: Int
    ) -> () -> tk_status {
        let (y, scale) = (StateTensor(zeros: .f32, [m, n]), Tensor([Float](repeating: 0.01, count: n), [n]))
        var arguments = tk_packed_linear_args()
        (arguments.m, arguments.n, arguments.k, arguments.ldx, arguments.ldy) = (m, n, k, k, n)
        (arguments.format, arguments.path) = (weight.format, path)
        let scratch = Bytes(zeroed: tk_packed_linear_scratch(&arguments, tk_max_threads()))
        return {
            var arguments = arguments
            arguments.x = x.bytes.pointer.assumingMemoryBound(to: Float.self)
            arguments.main.weight = UnsafeRawPointer(weight.bytes.pointer)
            arguments.main.scale = scale.bytes.pointer.assumingMemoryBound(to: Float.self)
            arguments.y = y.bytes.pointer.assumingMemoryBound(to: Float.self)
            return withExtendedLifetime((x, weight, y, scale, scratch)) { tk_packed_linear(&arguments, scratch.pointer) }
        }
    }
}
