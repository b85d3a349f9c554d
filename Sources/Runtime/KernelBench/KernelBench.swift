import CKernels
import IR

/// Times the kernels that could compute one layer, of which dispatch picks one for each type of weights.
package struct KernelBench: Sendable {
    /// One kernel and how long it takes.
    package struct Candidate: Sendable {
        /// Element type of the weights: f32, f64, bf16, w8 and w4 (i8 and i4 with an x that is not rounded), i8, or i7 for i8 of half range.
        package let type: String
        package let kernel: String
        /// Median of the runs.
        package let seconds: Double
        /// Multiply-adds of the plain algorithm count two, however many a kernel makes do with.
        package let operationsPerSecond: Double
        /// Whether dispatch takes it among those of its type.
        package let isPicked: Bool
    }

    package let candidates: [Candidate]

    /// One kernel with operands of its own.
    struct Contender {
        let type: String
        let kernel: String
        let isPicked: Bool
        let run: () -> tk_status
    }

    /// - Parameters:
    ///   - operations: of one call.
    ///   - runs: timed calls of each contender; they take turns, so that drift meets all alike.
    /// - Throws: ``RuntimeError`` if a kernel refuses its sizes.
    init(_ contenders: [Contender], operations: Double, runs: Int) throws {
        var times = [[Double]](repeating: [], count: contenders.count)
        for round in 0..<(max(runs, 1) + 1) {
            for (index, contender) in contenders.enumerated() {
                // Brings its operands into the caches that they fit in; else the second of two that share a weight would have the
                // better start.
                _ = contender.run()
                let start = ContinuousClock.now
                guard contender.run() == TK_OK else { throw RuntimeError("\(contender.kernel) (\(contender.type)) refuses these sizes") }
                if round > 0 { times[index].append(Double((ContinuousClock.now - start).nanoseconds) * 1e-9) }
            }
        }
        candidates = zip(contenders, times).map { contender, times in
            let median = times.sorted()[times.count / 2]
            return Candidate(
                type: contender.type, kernel: contender.kernel, seconds: median, operationsPerSecond: operations / median,
                isPicked: contender.isPicked)
        }
    }

    /// Types for which dispatch picks a kernel slower than the best by more than `tolerance`, with how much slower.
    package func badPicks(tolerance: Double) -> [(type: String, slower: Double)] {
        Dictionary(grouping: candidates, by: \.type).compactMap { type, group in
            guard let picked = group.first(where: \.isPicked), let best = group.map(\.seconds).min(), best > 0 else { return nil }
            let slower = picked.seconds / best - 1
            return slower > tolerance ? (type, slower) : nil
        }.sorted { $0.type < $1.type }
    }
}
