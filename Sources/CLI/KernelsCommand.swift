import ArgumentParser
import Inspect
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
              tessera kernels --markdown
              tessera kernels --bench 196,768,768
              tessera kernels --bench 1,768,3072 --threads 1 --check
              tessera kernels --bench-conv 512,512,28,28 --check
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print the table alone as Markdown, as Docs/reference/kernels.md has it.")
    var markdown = false

    @Option(
        help: ArgumentHelp(
            "Time every kernel that could compute x [M,K] · weight [N,K]ᵀ, and mark those that dispatch picks.", valueName: "M,N,K"),
        transform: OptionValue.product)
    var bench: ProductSizes?

    @Option(
        help: ArgumentHelp(
            "Time every kernel that could convolve an image, as --bench does. KERNEL defaults to 3, STRIDE to 1.",
            valueName: "IN,OUT,HEIGHT,WIDTH[,KERNEL[,STRIDE]]"),
        transform: OptionValue.convolution)
    var benchConv: ConvolutionSizes?

    @Flag(help: "With --bench or --bench-conv: fail if a pick is more than 5 % slower than the best.")
    var check = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if check, bench == nil, benchConv == nil { throw ValidationError("--check belongs to --bench or --bench-conv") }
        if json, markdown { throw ValidationError("--json and --markdown exclude each other: each says what to print") }
        if markdown, bench != nil || benchConv != nil {
            throw ValidationError("--markdown is for the table of kernels; leave it or \(bench != nil ? "--bench" : "--bench-conv") out")
        }
        if bench != nil, benchConv != nil { throw ValidationError("--bench and --bench-conv are two calls") }
    }

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
        if let bench { return try time(bench) }
        if let benchConv { return try time(benchConv.sizes) }
        let report = Report()
        if json { return try Output.writeJSON(report) }
        if markdown { return Output.write(KernelsPage.text(report.kernels)) }
        let features = report.features.isEmpty ? "none that kernels use" : report.features.joined(separator: " ")
        Output.write(TextBlock.labelled("CPU features     ", features, width: Terminal.outputWidth))
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

    private func time(_ sizes: ProductSizes) throws {
        let layer = "y [\(sizes.m), \(sizes.n)] = x [\(sizes.m), \(sizes.k)] · weight [\(sizes.n), \(sizes.k)]ᵀ"
        try show(try .product(m: sizes.m, n: sizes.n, k: sizes.k)) { KernelReport($0, layer: layer, product: (sizes.m, sizes.n, sizes.k)) }
    }

    private func time(_ sizes: KernelBench.Convolution) throws {
        let kernel = "\(sizes.kernel) × \(sizes.kernel)" + (sizes.stride == 1 ? "" : ", stride \(sizes.stride)")
        let layer = "\(sizes.channels) to \(sizes.outputs) channels, \(sizes.height) × \(sizes.width) pixels, kernel \(kernel)"
        try show(try .convolution(sizes)) { KernelReport($0, layer: layer) }
    }

    private func show(_ result: KernelBench, _ make: (KernelBench) -> KernelReport) throws {
        let report = make(result)
        if json { try Output.writeJSON(report) } else { Output.fitted(report.text) }
        guard check, let bad = result.badPicks(tolerance: KernelReport.tolerance).first else { return }
        throw Refusal.fault(
            String(format: "--check: the pick for %@ is %.0f %% slower than the best kernel", bad.type, bad.slower * 100))
    }

    /// Long lists of types take a table's width and say little.
    private static func short(_ dtypes: [String]) -> String { dtypes.count > 4 ? "\(dtypes.count) types" : dtypes.joined(separator: " ") }
}
