import ArgumentParser
import Inspect
import Passes

/// What `inspect` tells of instead of the summary: `--cost`, `--ops`, `--memory`, `--weights`, `--node`, `--around`, `--passes`, `--diff`,
/// `--lint`, and what belongs to them.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Tell what each node and block of a function costs, and what bounds it on this machine.")
    var cost = false

    @Flag(help: "Tell which operators the functions are made of, and their share of the work.")
    var ops = false

    @Flag(help: "Tell what a call of a function keeps in memory, step by step, as the planner places it.")
    var memory = false

    @Flag(help: "Tell what the numbers of each tensor are like, and what rounding to 8 bits would lose; reads them all.")
    var weights = false

    @Flag(help: "With --weights and --node, print the numbers of the tensors: all, or of more than 1000 the ends of each axis.")
    var values = false

    @Option(help: ArgumentHelp("With --weights and --node, write the tensors into this folder as .npy files.", valueName: "folder"))
    var save: String?

    @Option(help: ArgumentHelp("Picture of --memory: addresses against steps, as .svg.", valueName: "file"))
    var svg: String?

    @Option(help: "Order of --weights. Tensors with NaN or infinite numbers stand first.")
    var sort: WeightReport.Order?

    @Option(help: ArgumentHelp("Rows of a report to show, the largest.", valueName: "n"), transform: OptionValue.whole(0...Int.max))
    var top: Int?

    @Option(
        help: ArgumentHelp(
            "Print nodes as text of the IR, by name, of an ONNX model also by the names of nodes and values in the file; * stands for any "
                + "characters, op:linear names an operator. With --weights, tensors by key; with --dot, the block to draw.",
            valueName: "pattern"))
    var node: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Print what lies within N edges (default 2) of the nodes of a name, before and behind.", valueName: "name [n]"))
    var around: [String] = []

    @Flag(help: "Tell what each rule of the pipelines did, and what nearly matched and why not.")
    var passes = false

    @Flag(help: "Tell what does nothing, is there twice or contradicts: dead nodes, unused and repeated weights, NaN; reads them all.")
    var lint = false

    @Option(
        help: ArgumentHelp(
            "Print what differs from another stage of the model (imported, clean, lowered) or from another model in this one's --stage, side by side.",
            valueName: "stage|model"))
    var diff: String?

    enum Kind: String {
        case cost = "--cost", ops = "--ops", memory = "--memory", weights = "--weights", node = "--node", around = "--around"
        case passes = "--passes", diff = "--diff", lint = "--lint"
    }

    private var kinds: [Kind] {
        let all: [(Kind, Bool)] = [
            (.cost, cost), (.ops, ops), (.memory, memory), (.weights, weights), (.around, !around.isEmpty), (.passes, passes),
            (.diff, diff != nil), (.lint, lint),
            (.node, node != nil && !weights),
        ]
        return all.filter(\.1).map(\.0)
    }

    /// The report that was asked for; nil for the summary.
    var kind: Kind? { kinds.first }

    /// Whether it is about what pipelines do.
    var isOfStages: Bool { passes || diff != nil }

    /// Edges of `--around`.
    var steps: Int { around.count > 1 ? Int(around[1]) ?? 2 : 2 }

    var pattern: NamePattern? { node.map { NamePattern($0) } }

    func validate() throws {
        if kinds.count > 1 { throw ValidationError("\(kinds[0].rawValue) and \(kinds[1].rawValue) are two reports; give one of them") }
        if svg != nil, !memory { throw ValidationError("--svg is the picture of --memory; give that too") }
        if let svg, !svg.lowercased().hasSuffix(".svg"), svg != "-" { throw ValidationError("--svg \(svg): give a name that ends in .svg") }
        if around.count > 2 || around.count == 2 && !(0...1000).contains(Int(around[1]) ?? -1) {
            throw ValidationError(
                "--around takes a name and a number of edges, such as --around encoder.0.attn 2; the model stands before it")
        }
    }

    /// Of models; files of arrays have nothing but tensors to tell of.
    /// - Throws: `ValidationError` for flags of reports that are not asked for.
    func checkTensorFlags() throws {
        let ofValues = values ? "--values" : save != nil ? "--save" : nil
        if let ofValues, !weights || node == nil {
            throw ValidationError("\(ofValues) is for single tensors; give --weights and --node KEY too, * stands for any characters")
        }
        if let ofValues, sort != nil || top != nil {
            throw ValidationError("\(sort != nil ? "--sort" : "--top") orders the table of --weights, which \(ofValues) takes the place of")
        }
        if sort != nil, !weights { throw ValidationError("--sort orders the tensors of --weights; give that too") }
        if top != nil, ![.cost, .memory, .weights, .diff].contains(kind) {
            throw ValidationError("--top is for --cost, --memory, --weights and --diff; give one of them")
        }
    }
}

extension WeightReport.Order: ExpressibleByArgument {}
