import IR

/// Computes once, before a loop, what each call of its body would compute anew.
///
///     loop(…, c) {body: … f(c) …}        ⟶        f(c) ──▶ loop(…, c, d) {body: … d …}
///
/// Only for bodies that one node calls. What may fail stays, for the body may never run; so do calls. Captures that the body does not read
/// any more go.
package struct HoistInvariants: ModulePass {
    package let name = "hoist-invariants"
    package let documentation = "Computes once, before the loop, what does not change between calls of its body; drops unread captures."
    package let promise = Promise.exact

    package init() {}

    package func run(on module: inout Module, limit: Int) throws -> Int {
        var changes = 0
        // Inner loops first: what leaves an inner body may leave the outer one too.
        for name in module.calleesFirst {
            for id in module.function(name)?.order ?? [] {
                guard let body = Self.body(of: id, name, module) else { continue }
                while changes < limit, try Self.hoist(from: body, to: name, id, &module) { changes += 1 }
                while changes < limit, Self.dropCapture(of: body, in: name, id, &module) { changes += 1 }
            }
        }
        return changes
    }

    /// The body that node `id` calls again and again, if nothing else calls it.
    private static func body(of id: NodeID, _ caller: String, _ module: Module) -> String? {
        guard let node = module.function(caller)?.node(id) else { return nil }
        let name: String? = (node.op as? Loop)?.body ?? (node.op as? Scan)?.body
        guard let name, module.function(name)?.isPrivate == true, InlineCalls.callCount(of: name, module) == 1 else { return nil }
        return name
    }

    /// Number of the body's inputs before its captures.
    private static func firstCapture(_ op: any Operator) -> Int {
        if let loop = op as? Loop { return 2 + loop.carried }
        if let scan = op as? Scan { return scan.states + scan.axes.count }
        return .max
    }

    /// Moves one node out of `body`; false if none can go.
    private static func hoist(from body: String, to caller: String, _ id: NodeID, _ module: inout Module) throws -> Bool {
        guard var inner = module.function(body), var outer = module.function(caller), let loop = outer.node(id) else { return false }
        let first = firstCapture(loop.op)
        let captures = inner.inputs.dropFirst(first)
        let known = Set(captures)
        guard let node = inner.nodes.first(where: { mayGo($0, inner, known, module) }) else { return false }
        let given = Dictionary(zip(inner.inputs, loop.inputs), uniquingKeysWith: { first, _ in first })
        let types = loop.inputs.enumerated().map { index, input in index < first ? nil : input.map { outer.valueType(of: $0) } }
        guard let sizes = try? module.sizes(in: body, calledWith: types) else { return false }
        guard inner.symbolsRead(by: node).isSubset(of: sizes.keys) else { return false }
        let operands = try node.inputs.map { input -> ValueID? in
            guard let input else { return nil }
            guard let key = inner.constantKey(of: input) else { return given[input] ?? nil }
            return try outer.constant(key, inner.type(of: input))
        }
        let name = [loop.name, node.name].filter { !$0.isEmpty }.joined(separator: "/")
        let results = try outer.add(try node.op.substituting(sizes), operands, name: name, before: id)
        for (old, new) in zip(node.outputs, results) {
            let input = try inner.addInput(inner.freshInput(node.name.isEmpty ? node.opName : node.name), inner.valueType(of: old))
            inner.replaceUses(of: old, with: input)
            outer.appendOperand(new, to: id)
        }
        inner.remove(node.id)
        module.setFunction(inner)
        module.setFunction(outer)
        return true
    }

    /// Takes one capture that nothing reads from `body` and from its call; false if there is none.
    private static func dropCapture(of body: String, in caller: String, _ id: NodeID, _ module: inout Module) -> Bool {
        guard var inner = module.function(body), var outer = module.function(caller), let loop = outer.node(id) else { return false }
        let captures = inner.inputs.indices.dropFirst(firstCapture(loop.op))
        guard let position = captures.last(where: { inner.isUnread(input: inner.inputs[$0]) }) else { return false }
        inner.removeInput(inner.inputs[position])
        outer.removeOperand(position, of: id)
        module.setFunction(inner)
        module.setFunction(outer)
        return true
    }

    /// Whether a node depends on captures and constants alone, on one capture at least, and cannot fail.
    private static func mayGo(_ node: Node, _ body: Graph, _ captures: Set<ValueID>, _ module: Module) -> Bool {
        guard let op = node.op as? any TensorOperator, op.isPure, node.sizes.isEmpty, !mayFail(op) else { return false }
        let operands = node.inputs.compactMap { $0 }
        return operands.contains(where: captures.contains)
            && operands.allSatisfy { captures.contains($0) || body.constantKey(of: $0) != nil }
    }

    /// Whether more than the types must be right for it: indices, ends and shapes that sizes decide.
    private static func mayFail(_ op: any Operator) -> Bool {
        !(op.facts.contains(.elementwise) || op.facts.contains(.reduction) || op is Transpose || op is MatMul || op is Linear)
    }
}
