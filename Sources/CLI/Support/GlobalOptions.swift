import ArgumentParser
import Runtime

/// Options that every command has.
struct GlobalOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that kernels may use; default: the cores granted to the process.", valueName: "n"),
        transform: OptionValue.whole(GlobalOptions.threadRange))
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Milliseconds that idle threads spin before they sleep; more is faster for many short runs, and takes the processor from others.",
            valueName: "ms"),
        transform: OptionValue.whole(0...100_000))
    var spin: Int?

    @Flag(name: .shortAndLong, help: "Say more on standard error about what happens, and what it costs.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Say nothing but warnings and errors on standard error: no notes, no progress.")
    var quiet = false

    @Option(help: "Instruction set of the kernels; default: the best of this machine.")
    var isa: InstructionSetName?

    /// Instruction sets by the names that ``Machine`` gives them.
    enum InstructionSetName: String, ExpressibleByArgument, CaseIterable {
        case generic, avx2, avxvnni, avx512, avx512vnni, avx512bf16, amx

        var set: Machine.InstructionSet { Machine.InstructionSet(name: rawValue) ?? .generic }
    }

    static let threadRange = 1...1024

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    /// Sets up threads and instruction set; the first thing a command does.
    /// - Throws: `TesseraError` if this machine lacks the instruction set.
    func apply() throws {
        if quiet { Terminal.beQuiet() }
        if let threads { Machine.setDefaultThreads(threads) }
        if let spin { Machine.setSpin(milliseconds: spin) }
        try selectInstructionSet()
        prepareThreads()
    }

    /// Uses as many threads as can be had, and says so where that is not what was asked for.
    private func prepareThreads() {
        let available = Machine.prepareThreads()
        if available < Machine.threads { Machine.setDefaultThreads(available) }
        if let notice = Machine.environmentNotice { Terminal.note("note: \(notice)") }
    }

    private func selectInstructionSet() throws {
        guard let isa else { return }
        guard Machine.canRun(isa.set) else {
            throw Refusal.unsupported("--isa \(isa.rawValue): this machine has no \(isa.rawValue); its best is \(Machine.best.name)")
        }
        Machine.select(isa.set)
    }

    /// Writes `message` to standard error if `--verbose` was given.
    func note(_ message: @autoclosure () -> String) {
        if verbose { Terminal.note(message()) }
    }
}
