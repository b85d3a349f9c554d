import IR
import Passes

extension MemoryBudget {
    /// A budget for calls as sessions make them: weights that are constants, inputs, results and working memory.
    /// - Parameter threads: as for a ``Session``.
    package init(bytes: Int, of name: String, binding: Binding, threads: Int? = nil) {
        self.init(bytes: bytes, binding: binding) { module in
            let session = Session(try Plan(module.keeping(functions: [name])), threads: threads)
            guard let working = try session.workingBytes(name, binding: binding) else {
                throw RuntimeError("the memory of '\(name)' is not known before it runs: data decide sizes, or sizes are missing")
            }
            return session.plan.weightBytes + working
        }
    }
}
