import IR

/// Work and working memory of one call of a function, from its operators' own cost.
package struct CallCost: Encodable, Equatable {
    /// Floating point operations; a multiply-add counts two.
    package let flops: Int
    /// Most bytes of results that are alive at the same time, inputs included, weights not.
    package let workingBytes: Int

    /// Nodes that depend on constants alone are computed once, when a model is compiled, and do not count.
    /// - Throws: `BindingError` for a symbol without a size, or sizes that do not fit.
    package init(_ graph: Graph, _ binding: Binding) throws {
        try self.init(graph, FunctionCosts(graph, binding))
    }

    /// - Parameter costs: those of `graph`.
    /// - Throws: `BindingError` for sizes that do not fit.
    package init(_ graph: Graph, _ costs: FunctionCosts) throws {
        flops = Int(min(costs.flops, 9e18))
        workingBytes = try LiveBytes(graph, costs).most
    }
}
