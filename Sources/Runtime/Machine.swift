import CKernels

/// The machine that kernels run on: threads and instruction sets.
public enum Machine {
    /// Instruction sets that kernels are compiled for, weakest first.
    public enum InstructionSet: Int32, Sendable, CaseIterable, Comparable {
        case generic = 0
        case avx2 = 1
        case avx512 = 2

        public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rawValue < b.rawValue }

        public var name: String { tk_isa_name(rawValue).map { String(cString: $0) } ?? "unknown" }
    }

    /// The best instruction set of this machine.
    public static var best: InstructionSet { InstructionSet(rawValue: tk_best_isa()) ?? .generic }

    /// The one in use.
    public static var active: InstructionSet { InstructionSet(rawValue: tk_active_isa()) ?? .generic }

    /// Makes kernels use `set`, or the best below it; gives what is in use now. Not while anything runs.
    @discardableResult
    public static func select(_ set: InstructionSet) -> InstructionSet {
        InstructionSet(rawValue: tk_select_isa(set.rawValue)) ?? .generic
    }

    /// Threads that kernels may use.
    public static var threads: Int { Int(tk_max_threads()) }

    /// Limits kernels to `count` threads; nil restores what OpenMP grants the process.
    public static func setThreads(_ count: Int?) { tk_set_threads(Int32(clamping: count ?? 0)) }

    /// Threads that really ran in a parallel region opened for the purpose.
    public static func measuredThreads() -> Int { Int(tk_count_team()) }
}
