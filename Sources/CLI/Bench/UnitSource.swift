import ArgumentParser
import Artifact
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import ONNXSessions
import Passes
import Runtime

/// `--feed input=output`
struct Feed {
    let input, output: String
}

/// Functions of a model made ready to be timed: from a checkpoint, a compiled model or an ONNX file.
struct UnitSource {
    let model: ModelArgument
    let function: [String]
    let call: CallOptions
    let feed: [Feed]
    let compute: PrecisionOptions
    let rules: PipelineOptions
    let options: PassOptions

    /// What is timed, and what it took to make it ready.
    struct Made {
        let unit: BenchUnit
        let functions: [String]
        let compileMs: Double
    }

    /// - Throws: `ValidationError` without a function where there are several; `TesseraError`, and what reading and compiling throw.
    func make() throws -> Made {
        let start = ContinuousClock.now
        if let artifact = try model.artifact(compute, rules) {
            let module = artifact.packed.module
            let functions = try function.isEmpty ? [module.soleFunction(nil)] : function
            let opening = (ContinuousClock.now - start).seconds * 1e3
            return try made(functions, read(for: functions, of: module), opening) { try Session(artifact.plan()) }
        }
        if let file = try model.onnxFile() {
            // Opening the file counts: it is what other runtimes call loading.
            let functions = function.isEmpty ? [ONNXImporter.functionName] : function
            let unit = try onnxUnit(file, functions)
            return Made(unit: unit, functions: functions, compileMs: (ContinuousClock.now - start).seconds * 1e3)
        }
        let (module, functions) = try model.selected(function)
        try compute.policy.requireFits([module])
        return try made(functions, read(for: functions, of: module), 0) {
            try Session(ModelLoader.plan(module, options, precision: compute.policy))
        }
    }

    /// A unit that is ready to run.
    /// - Parameter opening: milliseconds that came before.
    private func made(
        _ functions: [String], _ given: [String: Tensor], _ opening: Double, _ session: () throws -> Session
    ) throws -> Made {
        let start = ContinuousClock.now
        let unit = try unit(session(), functions, given)
        return Made(unit: unit, functions: functions, compileMs: opening + (ContinuousClock.now - start).seconds * 1e3)
    }

    /// What `--inputs` names, in the element types of the functions; nothing without it. Files by place are those of the first function.
    /// - Throws: `TesseraError` for a folder that holds no arrays.
    private func read(for functions: [String], of module: Module) throws -> [String: Tensor] {
        guard let inputs = call.inputs else { return [:] }
        let graphs = functions.compactMap { module.function($0) }
        guard let first = graphs.first else { return [:] }
        let given = try FlagName.named("--inputs") { try TensorFolder.read(inputs, for: first) }
        if given.isEmpty { throw Refusal.content("--inputs \(inputs) holds no \(TensorFolder.suffixes.joined(separator: ", ")) files") }
        return graphs.reduce(given) { made, graph in InputFitting.converted(made, for: graph) { Terminal.warn($0) } }
    }

    /// An ONNX model with the symbols it has, or made for its inputs where its structure depends on them: those of `--inputs`, else zeros.

    private func onnxUnit(_ file: String, _ functions: [String]) throws -> BenchUnit {
        let session = ONNXSession(try ONNXModel(path: file), pipelines: ModelLoader.pipelines(compute.policy), options: options)
        try session.checkOperators()
        let source = ONNXInputs(session: session)
        let given = try call.inputs.map { try source.fitted(source.read($0).given) }
        let settled = try session.settled(for: given ?? source.zeros(call.bind), binding: call.binding)
        // What it was made for leaves no size open, and inputs whose values it holds are none.
        let rest = (given ?? [:]).filter { settled.special.values[$0.key] == nil }
        return try unit(settled.session, functions, tensors(rest), bindsSizes: settled.special.types.isEmpty)
    }

    private func tensors(_ given: [String: Datum]) throws -> [String: Tensor] {
        try given.reduce(into: [:]) { tensors, item in
            guard let tensor = item.value.tensor else {
                throw Refusal.content("input '\(item.key)' is \(item.value.kind); only tensors can be given here")
            }
            tensors[item.key] = tensor
        }
    }

    /// - Parameter bindsSizes: whether sizes of `--bind` are left open.
    func unit(_ session: Session, _ functions: [String], _ given: [String: Tensor], bindsSizes: Bool = true) throws -> BenchUnit {
        let bind = bindsSizes ? call.bind : []
        var (typical, symbols): (Binding, Set<String>) = ([:], [])
        let sizes = TypicalSizes(session.plan.module)
        for name in functions {
            let graph = try session.plan.function(name)
            typical.merge(sizes.binding(forCalling: graph)) { $1 }
            let own = InputFitting.sizes(of: given, graph)
            try call.checkSizes(own)
            typical.merge(own) { $1 }
            symbols.formUnion(graph.symbols)
        }
        let what = functions.count == 1 ? "function '\(functions[0])'" : "the group of functions"
        try SizeBinding.checkFlag(bind, against: symbols, of: what)
        let binding = typical.merging(SizeBinding.table(bind)) { $1 }
        let feeds = feed.reduce(into: [:]) { $0[$1.input] = $1.output }
        let unit = try FlagName.named(feed.isEmpty ? "--inputs" : "--feed") {
            try BenchUnit(session, functions, binding, given: given, feeds: feeds, seed: call.seed ?? 0)
        }
        try unit.prepare()
        return unit
    }
}

extension OptionValue {
    /// `input=output`
    static let feed: Reader<Feed> = { text in
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw broken("INPUT=OUTPUT, an input and the earlier function's output that it takes, such as y=out")
        }
        return Feed(input: parts[0], output: parts[1])
    }
}
