import ArgumentParser
import Runtime

/// `tessera kernels`
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "List the kernels and what this machine runs them with.",
        discussion: """
            Every hot loop is one line: the operators and element types it serves, what it promises (exact: the same bits on every \
            instruction set; close: within the bound; both give the same bits for every thread count), and whether it has a vector \
            tile for each instruction set or is plain C.

            Examples:
              tessera kernels
              tessera kernels --isa avx2
              tessera kernels --json | jq '.kernels[] | select(.promise == "close")'
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        struct Kernel: Encodable {
            let name: String
            let operators, dtypes: [String]
            let promise, bound, tile: String
        }

        let features: [String]
        let best, active: String
        let threads: Int
        let kernels: [Kernel]

        init() {
            features = Machine.features
            best = Machine.best.name
            active = Machine.active.name
            threads = Machine.threads
            kernels = Machine.kernels.map {
                Kernel(name: $0.name, operators: $0.operators, dtypes: $0.dtypes, promise: $0.promise, bound: $0.bound, tile: $0.tile)
            }
        }
    }

    func run() throws {
        try global.apply()
        let report = Report()
        if json { return try Output.writeJSON(report) }
        Output.line("CPU features     \(report.features.isEmpty ? "none that kernels use" : report.features.joined(separator: " "))")
        Output.line("instruction set  \(report.active)" + (report.active == report.best ? "" : " (best: \(report.best))"))
        Output.line("threads          \(report.threads)\n")
        let rows = report.kernels.map {
            [
                $0.name, $0.operators.joined(separator: " "), KernelsCommand.short($0.dtypes), $0.tile,
                $0.bound.isEmpty ? $0.promise : "\($0.promise): \($0.bound)",
            ]
        }
        Output.table(["kernel", "operators", "types", "tile", "promise"], rows)
    }

    /// Long lists of types take a table's width and say little.
    private static func short(_ dtypes: [String]) -> String { dtypes.count > 4 ? "\(dtypes.count) types" : dtypes.joined(separator: " ") }
}
