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
