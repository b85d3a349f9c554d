import IR

/// Adds, to a function with a loss, one that gives the loss and the loss's gradients (reverse accumulation; Griewank & Walther, "Evaluating
/// derivatives", 2008).
///
///     x, w ──▶ f ──▶ loss        ⟶        x, w ──▶ f ──▶ loss        x, w ──▶ gradient.f ──▶ loss, grad.w
///
/// Derivatives stand beside their operators (``Differentiable``); this walks the function backwards and adds up what comes together.
package struct Differentiate: ModulePass {
    package let name = "differentiate"
    package let documentation = "Adds functions that give a loss and its gradients with respect to constants and inputs."
    package let promise = Promise.rounding

    private let request: GradientRequest

    package init(_ request: GradientRequest = GradientRequest()) { self.request = request }

    package func run(on module: inout Module, limit: Int) throws -> Int {
        let functions = try functions(of: module).prefix(limit)
        for graph in functions {
            var inlined = graph
            try inlined.inlineCalls(towards: request.buffers.union([request.loss]), module)
            let sources = try request.sources(in: inlined)
            var made = try ReverseAccumulation.gradient(of: inlined, request, sources)
            _ = try CommonSubexpressions().run(on: &made, of: module, limit: .max)
            made.removeDeadNodes()
            module.setFunction(made)
        }
        return functions.count
    }

    private func functions(of module: Module) throws -> [Graph] {
        if let name = request.function {
            guard let graph = module.function(name) else {
                let known = module.entryPoints.map(\.name).joined(separator: ", ")
                throw PassError("\(self.name): module '\(module.name)' has no function '\(name)'; it has \(known)")
            }
            guard let loss = graph.outputs.first(where: { $0.name == request.loss }) else {
                let known = graph.outputs.map(\.name).joined(separator: ", ")
                throw PassError("\(self.name): function '\(name)' has no result '\(request.loss)'; it has \(known)")
            }
            guard graph.isScalar(loss.value) else {
                let type = graph.valueType(of: loss.value)
                throw PassError("\(self.name): result '\(request.loss)' of '\(name)' must be one float, not \(type)")
            }
            return [graph]
        }
        return module.entryPoints.filter(request.isAbout)
    }
}

extension GradientRequest {
    /// Whether `graph` returns the loss, and no gradients.
    package func isAbout(_ graph: Graph) -> Bool {
        !graph.outputs.contains { $0.name.hasPrefix(GradientRequest.prefix) }
            && graph.outputs.contains { $0.name == loss && graph.isScalar($0.value) }
    }
}

extension Graph {
    /// Whether `value` is one float.
    fileprivate func isScalar(_ value: ValueID) -> Bool {
        guard let type = valueType(of: value).tensor else { return false }
        return type.dtype.isFloat && type.elementCount == 1
    }

    /// Puts functions in place of their calls, as far as `outputs` depend on them.
    /// - Throws: ``PassError`` for a function that cannot be put there.
    fileprivate mutating func inlineCalls(towards outputs: Set<String>, _ module: Module) throws {
        func isWanted(_ node: Node) -> Bool { node.op is Call && outputs.contains { ancestors(of: $0).contains(node.id) } }
        while let node = nodes.first(where: isWanted), let call = node.op as? Call {
            guard let callee = module.function(call.function), module.isPure(node) else {
                throw PassError("differentiate", function: name, node: node, "random numbers of '\(call.function)' belong to the call")
            }
            do {
                try inline(node.id, callee, operands: node.inputs.compactMap { $0 }, callees: Callees(module))
            } catch { throw PassError("differentiate", function: name, node: node, "\(error)") }
        }
    }

    /// Nodes that result `output` depends on.
    func ancestors(of output: String) -> Set<NodeID> {
        var found: Set<NodeID> = []
        var pending = outputs.filter { $0.name == output }.map(\.value)
        while let value = pending.popLast() {
            guard let node = producer(of: value), found.insert(node.id).inserted else { continue }
            pending += node.inputs.compactMap { $0 }
        }
        return found
    }

    /// Float tensors that depend on one of `sources` by way of floats.
    func movingValues(from sources: [ValueID]) -> Set<ValueID> {
        var moving = Set(sources)
        for node in nodes where !(node.op is StopGradient) && node.inputs.contains(where: { $0.map(moving.contains) ?? false }) {
            moving.formUnion(node.outputs.filter { valueType(of: $0).tensor?.dtype.isFloat == true })
        }
        return moving
    }
}
