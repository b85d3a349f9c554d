import IR

extension Session {
    /// Bytes that one call of function `name` takes beside the weights: inputs, outputs and the arena, as the memory planner places it; nil
    /// where data decide sizes, and for sizes that `binding` lacks. Weights that are packed for another machine are packed anew for it.
    /// - Parameter states, handing: of the call; states are the caller's, and do not count.
    /// - Throws: ``RuntimeError`` or `BindingError`.
    package func workingBytes(_ name: String, binding: Binding, states: Set<String> = [], handing: Handing = [:]) throws -> Int? {
        let graph = try plan.function(name)
        guard let whole = try plan.program(graph).whole, whole.symbols.isSubset(of: binding.keys) else { return nil }
        let function = try whileRunning { try plan.bound(whole, binding, states, handing: handing) }
        func bytes(_ dtype: DType, _ sizes: [Int]) -> Int { sizes.reduce(max(dtype.byteWidth, 1), saturatingMultiply) }
        let given = graph.inputs.filter { !states.contains(graph.inputName(of: $0) ?? "") }
        let inputs = try given.compactMap { graph.valueType(of: $0).tensor }.map { bytes($0.dtype, try $0.sizes(binding)) }
        return (inputs + function.outputs.filter { function.returns($0.name) }.map { bytes($0.dtype, $0.sizes) }).reduce(
            function.arenaBytes, saturatingAdd)
    }
}

extension PackedModule {
    /// Whether this machine's kernels read all weights as they are.
    package var isForThisMachine: Bool { weights.allSatisfy { $0.isRead(by: Machine.active) } }
}
