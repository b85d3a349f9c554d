import ArgumentParser
import IR
import Inspect

/// What a function is called with: tensors in files or random ones, and sizes.
struct CallOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder with the inputs by name (.npy, .npz, .safetensors) or by place (input_0.pb, …), or one file that holds them all.",
            valueName: "folder"))
    var inputs: String?

    @Flag(help: "Make random inputs, of what the function declares.")
    var random = false

    @Option(parsing: .unconditional, help: "Seed of random inputs; default 0.", transform: OptionValue.seed)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Size of a symbol that the inputs leave open, or of random inputs; may be repeated. Default: 1 for a batch, else the usual size.",
            valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    func validate() throws {
        guard inputs != nil else { return }
        if random { throw ValidationError("--random and --inputs exclude each other") }
        if seed != nil { throw ValidationError("--seed is for random inputs; leave out --seed, or --inputs") }
    }

    /// For commands whose results tell nothing without a word on what they are of.
    /// - Throws: `ValidationError` if it is not said what the inputs are.
    func requireChoice() throws {
        if random || inputs != nil { return }
        throw ValidationError("missing expected argument '--inputs <folder>', or --random for random inputs")
    }

    var binding: Binding { SizeBinding.table(bind) }

    /// Inputs of a function.
    struct Given {
        let tensors: [String: Tensor]
        /// What random ones are made of, in the order of the function; nil for those in files.
        var made: [(name: String, text: String)]?

        /// ``made`` by name.
        var texts: [String: String]? { made.map { Dictionary($0.map { ($0.name, $0.text) }) { $1 } } }

        /// Says what random ones are.
        func tell() {
            for (name, text) in made ?? [] { if let tensor = tensors[name] { Terminal.note("\(name): \(tensor.type), \(text)") } }
        }
    }

    /// All inputs of `graph`, a function of `module`.
    /// - Throws: `TesseraError` that lists the inputs, or names a size that is not theirs; `CheckpointError` for files that cannot be read.
    func tensors(for graph: Graph, of module: Module) throws -> Given {
        if let files = try read(for: graph) { return Given(tensors: files) }
        let sizes = TypicalSizes(module).binding(forCalling: graph).merging(binding) { $1 }
        let maker = RandomInputs(graph, in: module, sizes, seed: seed ?? 0)
        let made = try graph.signature.inputs.map { (name: $0.name, made: try maker.make($0.name)) }
        return Given(tensors: Dictionary(made.map { ($0.name, $0.made.tensor) }) { $1 }, made: made.map { ($0.name, $0.made.text) })
    }

    /// The inputs in files, which are all that `graph` has; nil without `--inputs`.
    /// - Throws: as ``tensors(for:of:)``.
    func read(for graph: Graph) throws -> [String: Tensor]? {
        try SizeBinding.checkFlag(bind, against: graph.symbols, of: "function '\(graph.name)'")
        guard let inputs else { return nil }
        let found = try FlagName.named("--inputs") { try TensorFolder.read(inputs, for: graph) }
        let given = try InputFitting.fit(found, graph, from: inputs) { Terminal.warn($0) }
        try checkSizes(InputFitting.sizes(of: given, graph))
        return given
    }

    /// - Parameter sizes: those of the inputs in files.
    /// - Throws: `TesseraError` for a size that they contradict.
    func checkSizes(_ sizes: Binding) throws {
        guard let wrong = bind.first(where: { sizes[$0.name] != nil && sizes[$0.name] != $0.size }), let size = sizes[wrong.name] else {
            return
        }
        throw Refusal.usage(
            "--bind \(wrong.name)=\(wrong.size): the inputs in \(inputs ?? "files") have \(wrong.name)=\(size); leave it out")
    }
}
