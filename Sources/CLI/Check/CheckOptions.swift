import ArgumentParser
import Formats
import IR
import Inspect
import Passes

/// A function of a model, and what it must pass: results near a reference, or a command's exit code 0.
struct CheckOptions: ParsableArguments {
    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to check; an ONNX model has but one.", valueName: "name"))
    var function: String?

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

    @OptionGroup var call: CallOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions

    func validate() throws {
        if let tolerance, !(tolerance >= 0) { throw ValidationError("--tolerance \(tolerance) must not be negative") }
        let flags = [
            ("--tolerance", tolerance != nil), ("--reference", reference != nil), ("--inputs", call.inputs != nil),
            ("--random", call.random), ("--seed", call.seed != nil),
        ]
        if check != nil, let flag = flags.first(where: \.1)?.0 {
            throw ValidationError("\(flag) is for results; --check asks a command instead")
        }
    }

    var limit: Double { tolerance ?? 0.001 }

    /// What is checked.
    struct Subject {
        let function: String
        /// That function and what it calls, as imported.
        let module: Module
        /// Where text of it can say that the weights are.
        let sources: [WeightSource]
        let options: PassOptions
    }

    /// - Throws: `TesseraError` for a model that is compiled, or whose function is not named; what opening it throws.
    func subject() throws -> Subject {
        let options = try rules.options(compute.policy)
        let opened = try model.open(call.bind, inputs: call.inputs)
        if opened.artifact != nil { throw Refusal.usage("\(model.model) is compiled, all rewrites done; give the checkpoint") }
        let name = try opened.module.soleFunction(function)
        let module = try opened.module.selecting([name])
        try compute.policy.requireRanges()
        try compute.policy.requireFits([module])
        return Subject(function: name, module: module, sources: opened.sources, options: options)
    }

    /// The check of results; nil where a command is asked.
    /// - Throws: `TesseraError`, `CheckpointError` for files that cannot be read.
    func results(_ subject: Subject) throws -> ToleranceCheck? {
        guard check == nil, let graph = subject.module.function(subject.function) else { return nil }
        return ToleranceCheck(
            function: subject.function, reference: try right(), precision: compute.policy, options: subject.options,
            inputs: try call.read(for: graph) ?? [:], binding: call.binding, seed: call.seed ?? 0)
    }

    /// The command that is asked; nil where results are checked.
    /// - Throws: `TesseraError` if there is no folder for its files.
    func command(_ subject: Subject) throws -> ShellCheck? { try check.map { try ShellCheck($0, subject.sources) } }

    private func right() throws -> ToleranceCheck.Reference {
        switch reference {
        case nil, "unrewritten"?: .unrewritten
        case "evaluate"?: .evaluate
        case let path?: .recorded(try FlagName.named("--reference") { try TensorFolder.read(path) })
        }
    }
}
