import IR

/// Finds the Gaussian error linear unit in exports that spell it out.
///
///     x ─┬────────────────────────────▶ mul ─▶ mul ½ ─▶ y        ⟶        x ─▶ gelu ─▶ y
///        └▶ div √2 ─▶ erf ─▶ add 1 ──────┘
///     x ─┬────────────────────────────▶ mul ─▶ mul ½ ─▶ y        ⟶        x ─▶ gelu_tanh ─▶ y
///        └▶ √(2/π)·(x + 0.044715·x³) ─▶ tanh ─▶ add 1 ─┘
///
/// The product may be associated in any way; the inner polynomial may be written in any way.
package struct FuseGelu: Rule {
    package let name = "fuse-gelu"
    package let documentation = "Replaces x/2 · (1 + erf(x/√2)), or its tanh approximation, by gelu or gelu_tanh."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["mul", "div"]

    /// Hendrycks & Gimpel, arXiv 1606.08415, section 2.
    private static let erfPolynomial = [0, 0.5.squareRoot(), 0, 0]
    private static let tanhPolynomial = [0, (2 / Double.pi).squareRoot(), 0, (2 / Double.pi).squareRoot() * 0.044715]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        var product = Product()
        product.collect(node, match, depth: 3)
        guard product.factors.count == 2, Match.isClose(product.scale, 0.5) else { return nil }
        for (x, gate) in [(product.factors[0], product.factors[1]), (product.factors[1], product.factors[0])] {
            guard graph.type(of: x) == graph.type(of: output), let add = match.producer(of: gate, "add"),
                let (bent, one) = match.withScalar(add), one == 1,
                let bend = match.producer(of: bent, "erf", "tanh"), let inner = match.operand(bend, 0),
                let polynomial = Polynomial.coefficients(of: inner, in: x, match)
            else { continue }
            let isErf = bend.opName == "erf"
            let expected = isErf ? Self.erfPolynomial : Self.tanhPolynomial
            guard zip(polynomial, expected).allSatisfy({ Match.isClose($0, $1) }) else { continue }
            var patch = Patch(for: graph, at: node.id)
            try patch.replace(output, by: isErf ? Unary<Gelu>() : Unary<GeluTanh>(), [x], name: node.name)
            return patch
        }
        return nil
    }
}

/// A product flattened into its factors and the number they are scaled by.
private struct Product {
    var factors: [ValueID] = []
    var scale = 1.0

    mutating func collect(_ node: Node, _ match: Match, depth: Int) {
        if let (value, factor) = match.scaled(node) {
            scale *= factor
            descend(value, match, depth)
        } else if node.opName == "mul", let (a, b) = match.operands(node) {
            descend(a, match, depth)
            descend(b, match, depth)
        } else if let output = node.outputs.first {
            factors.append(output)
        }
    }

    /// Products that something else reads too are factors as they stand.
    private mutating func descend(_ value: ValueID, _ match: Match, _ depth: Int) {
        if depth > 0, let inner = match.soleProducer(of: value, "mul", "div") {
            collect(inner, match, depth: depth - 1)
        } else {
            factors.append(value)
        }
    }
}
