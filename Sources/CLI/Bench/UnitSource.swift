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
    let bind: [SizeBinding]
    let inputs: String?
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
        let artifact = try model.artifact(compute, rules)
        let opening = (ContinuousClock.now - start).seconds * 1e3
        let onnx = try artifact == nil ? model.onnxFile() : nil
        let only = try artifact?.soleFunction ?? onnx.map { _ in [ONNXImporter.functionName] } ?? model.soleFunctionOfText().map { [$0] }
        let functions = function.isEmpty ? only ?? [] : function
        guard !functions.isEmpty else {
            throw ValidationError("missing expected argument '--function <name>'; 'tessera inspect \(model.model)' lists the functions")
        }
        let (unit, compile) =
            try artifact.map { try prepared($0, functions, opening) } ?? onnx.map { try prepared(onnx: $0, functions) }
            ?? checkpoint(functions)
        return Made(unit: unit, functions: functions, compileMs: compile)
    }

    /// A unit that is ready to run, and how long compiling took in milliseconds.
    private func checkpoint(_ functions: [String]) throws -> (BenchUnit, Double) {
        let given = try readInputs()
        let module = try model.imported().selecting(functions)
        try compute.policy.requireFits([module])
        let start = ContinuousClock.now
        let unit = try unit(Session(ModelLoader.plan(module, options, precision: compute.policy)), functions, given)
        return (unit, (ContinuousClock.now - start).seconds * 1e3)
    }

    /// What `--inputs` names; nothing without it.
    /// - Throws: `TesseraError` for a folder that holds no arrays.
    private func readInputs() throws -> [String: Tensor] {
        guard let inputs else { return [:] }
        let given = try FlagName.named("--inputs") { try TensorFolder.read(inputs) }
        guard given.isEmpty else { return given }
        throw Refusal.content("--inputs \(inputs) holds no \(TensorFolder.suffixes.joined(separator: ", ")) files")
    }

    /// A compiled model, which it took `opening` milliseconds to open.
    private func prepared(_ artifact: Artifact, _ functions: [String], _ opening: Double) throws -> (BenchUnit, Double) {
        let given = try readInputs()
        let start = ContinuousClock.now
        let unit = try unit(Session(artifact.plan()), functions, given)
        return (unit, opening + (ContinuousClock.now - start).seconds * 1e3)
    }

    /// An ONNX model with the symbols it has, or made for its inputs where its structure depends on them: those of `--inputs`, else zeros.
    private func prepared(onnx file: String, _ functions: [String]) throws -> (BenchUnit, Double) {
        // Opening the file counts: it is what other runtimes call loading.
        let start = ContinuousClock.now
        let unit = try onnxUnit(file, functions)
        return (unit, (ContinuousClock.now - start).seconds * 1e3)
    }

    private func onnxUnit(_ file: String, _ functions: [String]) throws -> BenchUnit {
        let session = ONNXSession(try ONNXModel(path: file), pipelines: ModelLoader.pipelines(compute.policy), options: options)
        try session.checkOperators()
        let source = ONNXInputs(session: session)
        let given = try inputs.map { try source.fitted(source.read($0).given) }
        let settled = try session.settled(for: given ?? source.zeros(bind), binding: SizeBinding.table(bind))
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
        let bind = bindsSizes ? bind : []
        var (typical, symbols): (Binding, Set<String>) = ([:], [])
        let sizes = TypicalSizes(session.plan.module)
        for name in functions {
            let graph = try session.plan.function(name)
            typical.merge(sizes.binding(for: graph)) { $1 }
            typical.merge(InputFitting.sizes(of: given, graph)) { $1 }
            symbols.formUnion(graph.symbols)
        }
        let what = functions.count == 1 ? "function '\(functions[0])'" : "the group of functions"
        try SizeBinding.checkFlag(bind, against: symbols, of: what)
        let binding = typical.merging(SizeBinding.table(bind)) { $1 }
        let feeds = feed.reduce(into: [:]) { $0[$1.input] = $1.output }
        let unit = try FlagName.named(feed.isEmpty ? "--inputs" : "--feed") {
            try BenchUnit(session, functions, binding, given: given, feeds: feeds)
        }
        try unit.prepare()
        return unit
    }
}

extension Artifact {
    /// The function of a model that has but one.
    fileprivate var soleFunction: [String]? {
        let names = packed.module.entryPoints.map(\.name)
        return names.count == 1 ? names : nil
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
