import IR

extension Session {
    /// Lowers function `name` for the given sizes and takes its working memory, so that the next run only computes.
    /// - Throws: ``RuntimeError`` or `BindingError`.
    package func prepare(_ name: String, states: Set<String> = [], binding: Binding) throws {
        let graph = try plan.function(name)
        try whileRunning { try reserve(plan.bound(graph, binding, states)) }
    }
}
