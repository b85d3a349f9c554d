import Artifact
import Calibration
import Compilation
import IR
import Runtime

/// A model made ready to run: its plan and its packed weights, once, for any number of sessions on any threads.
public final class CompiledModel: Sendable {
    package let plan: Plan
    /// As the model was compiled.
    public let options: CompileOptions
    /// What calibration did; of a file, what compiling it did to its layers. nil where nothing was calibrated or told.
    public let report: CompilationReport?

    /// - Throws: ``TesseraError`` for an unknown function, rule or layer, options that do not go together, or an operator that has no kernel.
    public init(_ model: Model, _ options: CompileOptions = CompileOptions()) throws(TesseraError) {
        let compiler = try options.compiler()
        (plan, report) = try translatingErrors { () throws -> (Plan, CompilationReport?) in
            let module = try CompiledModel.kept(model.module, options)
            let calls = try CompiledModel.calls(options.calibration, module)
            // Without calls, rules round to the nearest as they meet a layer, and nobody is told of it.
            let prepared = calls.isEmpty ? ModelCompiler.Prepared(policy: compiler.precision) : try compiler.prepare(module, calls)
            let outputs = try compiler.comparison(module, prepared.policy, calls).outputs
            return (try compiler.plan(module, prepared), calls.isEmpty ? nil : CompilationReport(prepared.layers, outputs))
        }
        self.options = options
    }

    /// Opens a compiled model, a `.tess` that ``write(_:to:_:)`` or `tessera compile` wrote. It is mapped: nothing is packed or folded, and
    /// processes share its memory.
    /// - Throws: ``TesseraError`` naming the file, and the tensor or version, for what is damaged, of a later version or no compiled model.
    public init(contentsOf path: String) throws(TesseraError) {
        let artifact = try translatingErrors { try Artifact(path: path) }
        plan = try translatingErrors { try artifact.plan() }
        var options = CompileOptions()
        // `int4, groups of 64, decoder.*=bf16`
        let precision = artifact.provenance.precision.prefix { $0 != "," }
        options.precision = CompileOptions.Precision(rawValue: String(precision)) ?? .f32
        options.largestSizes = artifact.packed.module.largestSizes
        self.options = options
        report = artifact.provenance.rounded.map { CompilationReport($0, []) }
    }

    /// Compiles `model` into the file `path`, a `.tess`, for this machine's kernels.
    /// - Throws: ``TesseraError`` as ``init(_:_:)``, or if the file cannot be written.
    @discardableResult
    public static func write(
        _ model: Model, to path: String, _ options: CompileOptions = CompileOptions()
    ) throws(TesseraError) -> CompilationReport {
        let compiler = try options.compiler()
        return try translatingErrors { () throws -> CompilationReport in
            let module = try kept(model.module, options)
            let calls = try CompiledModel.calls(options.calibration, module)
            let made = try compiler.compile(module, of: model.module, files: model.file.map { [$0] } ?? [], calls: calls, to: path)
            return CompilationReport(made.rounded, made.outputs)
        }
    }

    /// The calls of calibration, of functions that are there.
    private static func calls(_ calibration: CalibrationCalls?, _ module: Module) throws(TesseraError) -> [CallRecorder.Call] {
        let all = calibration?.calls ?? []
        let known = module.entryPoints.map(\.name)
        if let stranger = all.first(where: { !known.contains($0.function) }) {
            throw TesseraError(
                .usage,
                "calibration calls '\(stranger.function)', which '\(module.name)' does not have; it has: \(known.joined(separator: ", "))")
        }
        return all.map { CallRecorder.Call($0.function, $0.inputs.mapValues(\.inner)) }
    }

    /// The functions that shall stay, whose layers overrides name.
    private static func kept(_ module: Module, _ options: CompileOptions) throws -> Module {
        var made = module
        if let names = options.functions {
            let known = module.entryPoints.map(\.name)
            if let stranger = names.subtracting(known).min() {
                let list = known.joined(separator: ", ")
                throw TesseraError(.usage, "model '\(module.name)' has no function '\(stranger)'; it has: \(list)")
            }
            made = module.keeping(functions: names)
        }
        for (name, size) in options.largestSizes.sorted(by: { $0.key < $1.key }) where size < 1 || !made.openSizes.contains(name) {
            let what =
                size < 1
                ? "it must be from 1"
                : "model '\(module.name)' has no size called so; it has: \(made.openSizes.sorted().joined(separator: ", "))"
            throw TesseraError(.usage, "largest size \(name)=\(size): \(what)")
        }
        if !options.overrides.isEmpty, let fault = try OverrideFit([made]).fault(options.policy) {
            throw TesseraError(.usage, "override \(fault.override.pattern)=\(fault.override.scheme.rawValue): \(fault.text)")
        }
        return made
    }

    /// The model's name.
    public var name: String { plan.module.name }

    /// What can be run.
    public var functions: [FunctionDescription] { plan.module.entryPoints.map { FunctionDescription($0) } }

    /// Bytes of the weights as packed.
    public var weightBytes: Int { plan.weightBytes }

    /// A session of its own working memory.
    public func makeSession(threads: Int? = nil) -> Session { Session(self, threads: threads) }
}
