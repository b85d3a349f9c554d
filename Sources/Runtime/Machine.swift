import CKernels
import Foundation

/// The machine that kernels run on: threads and instruction sets.
package enum Machine {
    /// Instruction sets that kernels are compiled for, weakest first.
    package enum InstructionSet: Int32, Sendable, CaseIterable, Comparable {
        case generic = 0
        case avx2, avxvnni, avx512, avx512vnni, avx512bf16, amx

        package static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rawValue < b.rawValue }

        /// nil if no instruction set has that name.
        package init?(name: String) {
            guard let set = InstructionSet.allCases.first(where: { $0.name == name }) else { return nil }
            self = set
        }

        package var name: String { tk_isa_name(rawValue).map { String(cString: $0) } ?? "unknown" }
    }

    /// The best instruction set of this machine.
    package static var best: InstructionSet { InstructionSet(rawValue: tk_best_isa()) ?? .generic }

    /// Whether this machine can run `set`; it may lack one below its best.
    package static func canRun(_ set: InstructionSet) -> Bool { tk_can_run(set.rawValue) != 0 }

    /// Whether 8-bit weights of half range (`QuantizeLinear.Range.half`) multiply faster than those of full range with `set`: no VNNI.
    package static func prefersHalfRangeWeights(on set: InstructionSet) -> Bool { [.generic, .avx2, .avx512].contains(set) }

    /// The one in use.
    package static var active: InstructionSet { InstructionSet(rawValue: tk_active_isa()) ?? .generic }

    /// Makes kernels use `set`, or the best below it; gives what is in use now. Waits for sessions that run.
    @discardableResult
    package static func select(_ set: InstructionSet) -> InstructionSet {
        SettingsLock.shared.change { InstructionSet(rawValue: tk_select_isa(set.rawValue)) ?? .generic }
    }

    /// Threads that kernels called here may use: those of the session that runs, of ``withThreads(_:_:)``, or the default.
    package static var threads: Int { Int(tk_max_threads()) }

    /// Threads of sessions that name none. nil restores what the process is granted: the processors of its affinity mask or
    /// `OMP_NUM_THREADS`, within the quotas of its control groups. Runs that have begun keep theirs.
    package static func setDefaultThreads(_ count: Int?) { tk_set_default_threads(Int32(clamping: count ?? 0)) }

    /// Runs `body` with kernels that the calling thread calls limited to `count` threads; nil keeps to the default as it is now.
    package static func withThreads<Result>(_ count: Int?, _ body: () throws -> Result) rethrows -> Result {
        let before = tk_use_threads(Int32(clamping: count ?? threads))
        defer { _ = tk_use_threads(before) }
        return try body()
    }

    /// Loads what more than one thread needs and gives how many of ``threads`` can be had here; see ``environmentNotice``.
    package static func prepareThreads() -> Int { Int(tk_prepare_threads()) }

    /// What the process's surroundings kept from being as asked for, so far: a variable without sense, no OpenMP runtime, no more
    /// threads. nil if all is well.
    package static var environmentNotice: String? {
        let length = tk_environment_notice(nil, 0)
        guard length > 0 else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { text in
            guard let start = text.baseAddress else { return nil }
            tk_environment_notice(start, length + 1)
            return String(cString: start)
        }
    }

    /// How long idle worker threads spin before they sleep; 1 ms at first, which reaches from one kernel of a run to the next. More
    /// shortens the start of runs that follow each other, and takes the processor from others meanwhile. Waits for sessions that run.
    package static func setSpin(milliseconds: Int) {
        SettingsLock.shared.change { tk_set_spin(Int32(clamping: milliseconds)) }
    }

    /// Threads that really ran in a parallel region opened here for the purpose.
    package static func measuredThreads() -> Int { Int(tk_count_team()) }

    /// Main memory of this machine, in bytes.
    package static let memoryBytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)

    /// What the processor has and the operating system saves, of what kernels know to use: `avx2`, `fma`, `avx512vnni`, …
    package static var features: [String] {
        let bits = tk_cpu_features()
        return featureNames.filter { bits & UInt32($0.bit) != 0 }.map(\.name)
    }

    private static let featureNames: [(bit: Int, name: String)] = [
        (TK_CPU_AVX2, "avx2"), (TK_CPU_FMA, "fma"), (TK_CPU_F16C, "f16c"), (TK_CPU_AVX512F, "avx512f"),
        (TK_CPU_AVX512BW, "avx512bw"), (TK_CPU_AVX512VL, "avx512vl"), (TK_CPU_AVX512DQ, "avx512dq"),
        (TK_CPU_AVX512VNNI, "avx512vnni"), (TK_CPU_AVX512BF16, "avx512bf16"), (TK_CPU_AVXVNNI, "avxvnni"),
        (TK_CPU_AMX_TILE, "amx_tile"), (TK_CPU_AMX_INT8, "amx_int8"), (TK_CPU_AMX_BF16, "amx_bf16"),
    ]

    /// One line of the kernel table.
    package struct Kernel: Sendable, Hashable {
        /// For instance `unary.exp`.
        package let name: String
        /// Operators it serves.
        package let operators: [String]
        /// Element types, or sizes where only those matter.
        package let dtypes: [String]
        /// `exact`: the same bits on every instruction set; `close`: within ``bound``. Both: the same bits for every thread count.
        package let promise: String
        /// Error bound of a close kernel, for instance `2 ulp`; empty for exact ones.
        package let bound: String
        /// Where the work happens: `vector` (one tile for each instruction set) or `scalar` (plain C).
        package let tile: String
    }

    /// The kernel table in its own order.
    package static var kernels: [Kernel] {
        (0..<tk_kernel_count()).map { index in
            let line = tk_kernel_at(index)
            func text(_ field: UnsafePointer<CChar>?) -> String { field.map { String(cString: $0) } ?? "" }
            func words(_ field: UnsafePointer<CChar>?) -> [String] { text(field).split(separator: " ").map { String($0) } }
            return Kernel(
                name: text(line.name), operators: words(line.operators), dtypes: words(line.dtypes), promise: text(line.promise),
                bound: text(line.bound), tile: text(line.tile))
        }
    }
}
