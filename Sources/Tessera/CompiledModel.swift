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
            let module = try CompiledModel.kept(model.module, options)
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
        options.largestSizes = artifact.packed.module.largestSizes
        self.options = options
    }

    /// Compiles `model` into the file `path`, a `.tess`, for this machine's kernels.
    /// - Throws: ``TesseraError`` as ``init(_:_:)``, or if the file cannot be written.
    public static func write(_ model: Model, to path: String, _ options: CompileOptions = CompileOptions()) throws(TesseraError) {
        try translatingErrors {
            let module = try kept(model.module, options)
            let clean = try PassManager.run(module, options.pipelines, options.passOptions).module
            let flags =
                (options.functions?.sorted() ?? []).map { "--function \($0)" } + options.disabledRules.sorted().map { "--disable \($0)" }
                + options.largestSizes.sorted { $0.key < $1.key }.map { "--max \($0.key)=\($0.value)" }
            let provenance = Provenance(
                program: "tessera", precision: options.precision.rawValue, options: flags,
                sources: try model.file.map { [try Provenance.Source(path: $0)] } ?? [],
                leftOut: Provenance.LeftOut(model.module, kept: module))
            try Artifact.write(PackedModule(clean, for: Machine.active), target: Machine.active, provenance: provenance, to: path)
        }
    }

    /// The functions that shall stay, and sizes that they shall take at most.
    private static func kept(_ module: Module, _ options: CompileOptions) throws(TesseraError) -> Module {
        var made = module
        if let names = options.functions {
            let known = module.entryPoints.map(\.name)
            if let stranger = names.subtracting(known).min() {
                let list = known.joined(separator: ", ")
                throw TesseraError(.usage, "model '\(module.name)' has no function '\(stranger)'; it has: \(list)")
            }
            made = module.keeping(functions: names)
        }
        let symbols = made.entryPoints.reduce(into: Set<String>()) { $0.formUnion($1.symbols) }
        for (name, size) in options.largestSizes.sorted(by: { $0.key < $1.key }) where size < 1 || !symbols.contains(name) {
            let what =
                size < 1
                ? "it must be from 1" : "model '\(module.name)' has no size called so; it has: \(symbols.sorted().joined(separator: ", "))"
            throw TesseraError(.usage, "largest size \(name)=\(size): \(what)")
        }
        if !options.largestSizes.isEmpty { made.largestSizes = options.largestSizes }
        return made
    }

    public var name: String { plan.module.name }

    /// What can be run.
    public var functions: [FunctionDescription] { plan.module.entryPoints.map { FunctionDescription($0) } }

    /// Bytes of the weights as packed.
    public var weightBytes: Int { plan.weightBytes }

    /// A session of its own working memory.
    public func makeSession(threads: Int? = nil) -> Session { Session(self, threads: threads) }
}
