import IR

/// Hands the keys and values that one function computes for others over in bf16.
///
///     func a:  … ─▶ concat ─▶ k: f32                        ⟶        … ─▶ cast(bf16) ─▶ concat ─▶ k: bf16
///     func b:  k: f32 ─▶ slice, reshape ─▶ attention        ⟶        k: bf16 ─▶ slice, reshape ─▶ attention
///
/// A value of that name must be an output of some function, an input of others and of none both, and no input may serve for anything
/// but keys or values. Those of a text's context are read whole for each token: half the bytes are half the time.
///
/// Both sides of all hand-overs change, or none does if the limit on changes does not reach that far: one side alone would not fit the
/// other.
package struct HalfKeysAndValues: Pass {
    package let name = "half-keys-and-values"
    package let documentation = "Hands keys and values that one function computes for others over in bf16."
    package let promise = Promise.lossy

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        let names = Self.handedOver(module)
        let (inputs, outputs) = (Self.inputs(graph, names), Self.outputs(graph, names))
        guard !inputs.isEmpty || !outputs.isEmpty,
            limit >= module.functions.reduce(0, { $0 + Self.inputs($1, names).count + Self.outputs($1, names).count })
        else { return 0 }
        for input in inputs { try graph.retype(input, as: .bf16, callees: Callees(module)) }
        for output in outputs { try graph.setOutput(output.name, try Self.halved(output.value, &graph)) }
        if !outputs.isEmpty { graph.removeDeadNodes() }
        return inputs.count + outputs.count
    }

    /// Inputs of `graph` of these names that are still f32.
    private static func inputs(_ graph: Graph, _ names: Set<String>) -> [ValueID] {
        graph.inputs.filter { graph.type(of: $0).dtype == .f32 && graph.inputName(of: $0).map(names.contains) ?? false }
    }

    /// Outputs of `graph` of these names that are still f32.
    private static func outputs(_ graph: Graph, _ names: Set<String>) -> [Graph.Output] {
        graph.outputs.filter { graph.type(of: $0.value).dtype == .f32 && names.contains($0.name) }
    }

    /// Names under which keys or values go from one function to others, f32 or bf16 already.
    private static func handedOver(_ module: Module) -> Set<String> {
        // Called functions take what their callers give them.
        let called = module.functions.reduce(into: Set<String>()) { $0.formUnion($1.calledFunctions) }
        let functions = module.functions.filter { !called.contains($0.name) }
        let written = Set(functions.flatMap { $0.outputs.map(\.name) })
        let read = functions.flatMap { graph in graph.inputs.compactMap { graph.inputName(of: $0) } }
        return written.intersection(read).filter { isHandedOver($0, module) }
    }

    private static func isHandedOver(_ name: String, _ module: Module) -> Bool {
        let readers = module.functions.compactMap { graph in graph.input(named: name).map { (graph, value: $0) } }
        let writers = module.functions.filter { function in function.outputs.contains { $0.name == name } }
        guard !writers.contains(where: { $0.input(named: name) != nil }) else { return false }
        let shapes = writers.flatMap { graph in graph.outputs.filter { $0.name == name }.map { graph.type(of: $0.value).shape } }
        return readers.allSatisfy { graph, value in
            servesAsKeys(value, graph) && shapes.allSatisfy { $0 == graph.type(of: value).shape }
        }
    }

    /// Whether `value` ends as keys or values of attention only.
    private static func servesAsKeys(_ value: ValueID, _ graph: Graph) -> Bool {
        let users = graph.users(of: value).compactMap { graph.node($0) }
        return !users.isEmpty && !graph.isOutput(value)
            && users.allSatisfy { node in
                switch node.op {
                case is Attention: node.inputs.indices.allSatisfy { node.inputs[$0] != value || $0 == 1 || $0 == 2 }
                case is Slice, is Reshape: node.outputs.allSatisfy { servesAsKeys($0, graph) }
                default: false
                }
            }
    }

    /// `value` in bf16; what is joined to it is rounded before, so that the whole never exists in f32.
    private static func halved(_ value: ValueID, _ graph: inout Graph) throws -> ValueID {
        guard let node = graph.producer(of: value), let concat = node.op as? Concat, graph.users(of: value).isEmpty else {
            return try graph.apply(Cast(to: .bf16), behind: value, name: graph.producer(of: value)?.name ?? "")
        }
        let parts = try node.inputs.map { part in try part.map { try graph.apply(Cast(to: .bf16), behind: $0, name: node.name) } }
        return try graph.apply(concat, parts, name: node.name)
    }
}
