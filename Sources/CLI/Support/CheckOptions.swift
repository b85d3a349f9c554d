import ArgumentParser
import FourMModels
import IR
import Inspect
import Passes

/// What a model must pass: results near a reference, or a command's exit code 0.
struct CheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A shell command that ends with 0 for a good model; {} stands for the file with its text (at the end, if it is not named).",
            valueName: "command"))
    var check: String?

    @Option(
        parsing: .unconditional,
        help: "Largest error of a result: the root of the mean square of the differences by that of the reference; default 0.001.",
        transform: OptionValue.number())
    var tolerance: Double?

    @Option(
        help: ArgumentHelp(
            "What results are held against: unrewritten (default: the model without any rule), evaluate (the operators' own slow evaluation), or a "
                + "folder, .npz or .safetensors file with the outputs by name.",
            valueName: "unrewritten|evaluate|file"))
    var reference: String?

    @Option(help: ArgumentHelp("Folder with the inputs, or one file that holds them all; default: random ones.", valueName: "folder"))
    var inputs: String?

    @Option(parsing: .unconditional, help: "Seed of random inputs; default 0.", transform: OptionValue.seed)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("Size of a symbol that the inputs leave open, or of random inputs; may be repeated.", valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    func validate() throws {
        if let tolerance, !(tolerance >= 0) { throw ValidationError("--tolerance \(tolerance) must not be negative") }
        let flags = [
            ("--tolerance", tolerance != nil), ("--reference", reference != nil), ("--inputs", inputs != nil), ("--seed", seed != nil),
        ]
        if check != nil, let flag = flags.first(where: \.1)?.0 {
            throw ValidationError("\(flag) is for results; --check asks a command instead")
        }
    }

    var limit: Double { tolerance ?? 0.001 }

    /// The check of results.
    /// - Throws: `TesseraError`, `CheckpointError` for files that cannot be read.
    func results(_ function: String, _ module: Module, _ options: PassOptions, _ policy: PrecisionPolicy) throws -> ToleranceCheck {
        guard let graph = module.function(function) else { throw Refusal.usage("--function \(function): no such function") }
        try SizeBinding.checkFlag(bind, against: graph.symbols, of: "function '\(function)'")
        let given = try inputs.map { path in
            try InputFitting.fit(FlagName.named("--inputs") { try TensorFolder.read(path, for: graph) }, graph, from: path) {
                Terminal.warn($0)
            }
        }
        return ToleranceCheck(
            function: function, reference: try right(), precision: policy, options: options, inputs: given ?? [:],
            binding: SizeBinding.table(bind), seed: seed ?? 0)
    }

    private func right() throws -> ToleranceCheck.Reference {
        switch reference {
        case nil, "unrewritten"?: .unrewritten
        case "evaluate"?: .evaluate
        case let path?: .recorded(try FlagName.named("--reference") { try TensorFolder.read(path) })
        }
    }
}
