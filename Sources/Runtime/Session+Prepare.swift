import IR

extension Session {
    /// Lowers function `name` for the given sizes and takes its working memory, so that the next run only computes.
    /// - Throws: ``RuntimeError`` or `BindingError`.
    package func prepare(_ name: String, states: Set<String> = [], binding: Binding) throws {
        let program = try plan.program(try plan.function(name))
        try whileRunning {
            if let whole = program.whole { return try reserve(plan.bound(whole, binding, states)) }
            // Sizes that data decide are not known yet.
            for case .segment(let segment) in program.parts where segment.symbols.isSubset(of: binding.keys) {
                try reserve(plan.bound(segment, binding, []))
            }
        }
    }
}
