import Artifact
import IR
import Passes
import Runtime

/// A model made ready to run: its plan and its packed weights, once, for any number of sessions on any threads.
public final class CompiledModel: Sendable {
    package let plan: Plan
    /// As the model was compiled.
    public let options: CompileOptions

    /// - Throws: ``TesseraError`` for an unknown function or rule, or an operator that has no kernel.
    public init(_ model: Model, _ options: CompileOptions = CompileOptions()) throws(TesseraError) {
        plan = try translatingErrors {
            let module = try CompiledModel.kept(model.module, options.functions)
            return try Plan(PassManager.run(module, options.pipelines, options.passOptions).module)
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
        options.precision = CompileOptions.Precision(rawValue: artifact.provenance.precision) ?? .f32
        self.options = options
    }

    /// Compiles `model` into the file `path`, a `.tess`, for this machine's kernels.
    /// - Throws: ``TesseraError`` as ``init(_:_:)``, or if the file cannot be written.
    public static func write(_ model: Model, to path: String, _ options: CompileOptions = CompileOptions()) throws(TesseraError) {
        try translatingErrors {
            let module = try kept(model.module, options.functions)
            let clean = try PassManager.run(module, options.pipelines, options.passOptions).module
            let flags =
                (options.functions?.sorted() ?? []).map { "--function \($0)" } + options.disabledRules.sorted().map { "--disable \($0)" }
            let provenance = Provenance(
                program: "tessera", precision: options.precision.rawValue, options: flags,
                sources: try model.file.map { [try Provenance.Source(path: $0)] } ?? [],
                leftOut: Provenance.LeftOut(model.module, kept: module))
            try Artifact.write(PackedModule(clean, for: Machine.active), target: Machine.active, provenance: provenance, to: path)
        }
    }

    private static func kept(_ module: Module, _ names: Set<String>?) throws(TesseraError) -> Module {
        guard let names else { return module }
        let known = module.entryPoints.map(\.name)
        if let stranger = names.subtracting(known).min() {
            throw TesseraError(.usage, "model '\(module.name)' has no function '\(stranger)'; it has: \(known.joined(separator: ", "))")
        }
        return module.keeping(functions: names)
    }

    public var name: String { plan.module.name }

    /// What can be run.
    public var functions: [FunctionDescription] { plan.module.entryPoints.map { FunctionDescription($0) } }

    /// Bytes of the weights as packed.
    public var weightBytes: Int { plan.weightBytes }

    /// A session of its own working memory.
    public func makeSession(threads: Int? = nil) -> Session { Session(self, threads: threads) }
}
