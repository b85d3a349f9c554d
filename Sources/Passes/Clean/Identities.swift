import IR

/// Drops nodes that give back what they were given.
///
///     x ──▶ add ──▶ y        x ──▶ cast(f32) ──▶ y        x ──▶ not ──▶ not ──▶ y        ⟶        x ──▶ y
///     0 ─────┘               (x is f32)
///
/// x+0, x−0, x·1, x/1, x^1; cast to the same type; reshape, expand, transpose, slice, pad, resize, split and concat
/// that change nothing; where with a constant condition or equal branches; double negation; a widening cast undone; what only
/// differentiation asks for, stop_gradient and straight_through.
package struct Identities: Rule {
    package let name = "identities"
    package let documentation = "Drops nodes that give back one of their operands unchanged."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [
        "add", "sub", "mul", "div", "pow", "cast", "reshape", "expand", "transpose", "slice", "pad", "resize", "split",
        "concat", "where", "not", "neg", "stop_gradient", "straight_through",
    ]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first, node.outputs.count == 1 else { return nil }
        if let same = replacement(node, match), same != output, graph.type(of: same) == graph.type(of: output) {
            var patch = Patch(for: graph, at: node.id)
            patch.replace(output, with: same)
            return patch
        }
        return try shorterCast(node, match)
    }

    /// The operand that equals the result if the types agree, which the caller checks.
    private func replacement(_ node: Node, _ match: Match) -> ValueID? {
        switch node.opName {
        case "add": neutral(node, 0, match, commutes: true)
        case "sub": neutral(node, 0, match, commutes: false)
        case "mul": neutral(node, 1, match, commutes: true)
        case "div", "pow": neutral(node, 1, match, commutes: false)
        case "not", "neg": match.producer(of: match.operand(node, 0), node.opName).flatMap { match.operand($0, 0) }
        case "where": chosen(node, match)
        default: untouched(node, match)
        }
    }

    private func neutral(_ node: Node, _ number: Double, _ match: Match, commutes: Bool) -> ValueID? {
        guard let (a, b) = match.operands(node), let output = node.outputs.first else { return nil }
        if match.isScalar(b, number), match.type(a) == match.type(output) { return a }
        return commutes && match.isScalar(a, number) ? b : nil
    }

    private func chosen(_ node: Node, _ match: Match) -> ValueID? {
        guard node.inputs.count == 3, let condition = node.inputs[0] else { return nil }
        if node.inputs[1] == node.inputs[2] { return node.inputs[1] }
        guard let truth = uniformTruth(condition, match) else { return nil }
        return node.inputs[truth ? 1 : 2]
    }

    private func uniformTruth(_ condition: ValueID, _ match: Match) -> Bool? {
        if let number = match.scalar(condition) { return number != 0 }
        guard let key = match.graph.constantKey(of: condition), let values = match.module.constants[key]?.tensor?.bools,
            let first = values.first
        else { return nil }
        return values.allSatisfy { $0 == first } ? first : nil
    }

    /// Operators that only move or select elements: nothing changed if the type stayed and no element can have moved.
    private func untouched(_ node: Node, _ match: Match) -> ValueID? {
        guard let x = match.operand(node, 0) else { return nil }
        let isIdentity =
            switch node.op {
            case is Reshape, is Expand, is Split, is Cast, is StopGradient, is StraightThrough: true
            case let resize as Resize: resize.keepsEqualSizes
            case is Concat: node.inputs.count == 1
            case let slice as Slice: slice.start == 0 && slice.step == 1
            case let pad as Pad: (pad.before + pad.after).allSatisfy { $0 == 0 }
            case let transpose as Transpose: transpose.permutation == Array(transpose.permutation.indices)
            default: false
            }
        return isIdentity ? x : nil
    }

    /// `cast(cast(x, wide), dtype)` is `cast(x, dtype)` when `wide` holds every value of x's type.
    private func shorterCast(_ node: Node, _ match: Match) throws -> Patch? {
        guard node.op is Cast, let output = node.outputs.first,
            let inner = match.producer(of: match.operand(node, 0), "cast"), let x = match.operand(inner, 0),
            let middle = inner.outputs.first, match.type(middle).dtype.holds(match.type(x).dtype)
        else { return nil }
        var patch = Patch(for: match.graph, at: node.id)
        if match.type(x) == match.type(output) {
            patch.replace(output, with: x)
        } else {
            try patch.replace(output, by: node.op, [x], name: node.name)
        }
        return patch
    }
}

extension DType {
    /// Whether every value of `other` has the same meaning in this type.
    fileprivate func holds(_ other: DType) -> Bool {
        if self == other { return true }
        switch (self, other) {
        case (.f32, .f16), (.f32, .bf16), (.f64, .f32), (.f64, .f16), (.f64, .bf16): return true
        case (_, .bool): return isInteger || isFloat
        default: return isInteger && other.isInteger && bits > other.bits && (isSigned || !other.isSigned)
        }
    }
}
