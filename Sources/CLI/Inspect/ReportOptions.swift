import ArgumentParser
import Inspect
import Passes

/// What `inspect` tells of instead of the summary: `--cost`, `--ops`, `--memory`, `--weights`, and what belongs to them.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Tell what each node and block of a function costs, and what bounds it on this machine.")
    var cost = false

    @Flag(help: "Tell which operators the functions are made of, and their share of the work.")
    var ops = false

    @Flag(help: "Tell what a call of a function keeps in memory, step by step, as the planner places it.")
    var memory = false

    @Flag(help: "Tell what the numbers of each tensor are like, and what rounding to 8 bits would lose; reads them all.")
    var weights = false

    @Option(help: ArgumentHelp("Picture of --memory: addresses against steps, as .svg.", valueName: "file"))
    var svg: String?

    @Option(help: "Order of --weights. Tensors with NaN or infinite numbers stand first.")
    var sort: WeightReport.Order?

    @Option(help: ArgumentHelp("Rows of a report to show, the largest.", valueName: "n"), transform: OptionValue.whole(1...Int.max))
    var top: Int?

    @Option(help: ArgumentHelp("Tensors of --weights by key, where * stands for any characters; node or block that --dot draws.", valueName: "pattern"))
    var node: String?

    enum Kind: String { case cost = "--cost", ops = "--ops", memory = "--memory", weights = "--weights" }

    private var kinds: [Kind] {
        [(Kind.cost, cost), (.ops, ops), (.memory, memory), (.weights, weights)].filter(\.1).map(\.0)
    }

    /// The report that was asked for; nil for the summary.
    var kind: Kind? { kinds.first }

    var pattern: NamePattern? { node.map { NamePattern($0) } }

    func validate() throws {
        if kinds.count > 1 { throw ValidationError("\(kinds[0].rawValue) and \(kinds[1].rawValue) are two reports; give one of them") }
        if svg != nil, !memory { throw ValidationError("--svg is the picture of --memory; give that too") }
        if let svg, !svg.lowercased().hasSuffix(".svg"), svg != "-" { throw ValidationError("--svg \(svg): give a name that ends in .svg") }
        if sort != nil, !weights { throw ValidationError("--sort orders the tensors of --weights; give that too") }
        if top != nil, kind == nil || ops { throw ValidationError("--top is for --cost, --memory and --weights; give one of them") }
    }
}

extension WeightReport.Order: ExpressibleByArgument {}
