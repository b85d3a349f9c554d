/// Functions that nodes may call.
package struct Callees: Sendable {
    package let signature: @Sendable (String) -> Signature?

    package init(_ signature: @escaping @Sendable (String) -> Signature?) { self.signature = signature }

    /// The functions of `module`.
    package init(_ module: Module) { signature = { module.signature(of: $0) } }

    package static let none = Callees { _ in nil }
}

/// What inference may ask about the surroundings of a node.
package struct InferenceContext {
    private let callees: Callees
    private let given: [String]
    private let invent: (() -> String)?
    /// Names of the sizes that the node's data decide, in the order in which inference asked for them.
    package private(set) var sizes: [String] = []

    /// - Parameters:
    ///   - sizes: Names of the node's sizes that are decided already.
    ///   - invent: Gives further names; without it, needing more than `sizes` is an error.
    package init(
        _ callees: Callees = .none, sizes: [String] = [], inventing invent: (() -> String)? = nil
    ) {
        self.callees = callees
        given = sizes
        self.invent = invent
    }

    /// - Throws: ``InferenceError`` if the module lacks the function.
    package func signature(of function: String) throws -> Signature {
        guard let known = callees.signature(function) else { throw InferenceError("the module has no function '\(function)'") }
        return known
    }

    /// A size that is born when the node runs: a symbol that types and attributes of later nodes may use.
    package mutating func newSize() throws -> Dim {
        if sizes.count < given.count {
            sizes.append(given[sizes.count])
        } else if let name = invent?() {
            sizes.append(name)
        } else {
            throw InferenceError("its data decide \(sizes.count + 1) sizes or more, but \(given.count) are named")
        }
        return .symbol(sizes[sizes.count - 1])
    }

    /// - Throws: ``InferenceError`` if more sizes are named than the node decides.
    package func finish() throws {
        guard sizes.count < given.count else { return }
        throw InferenceError("its data decide \(sizes.count) sizes, but \(given.count) are named")
    }
}

/// What evaluation may ask about the surroundings of a node, and what it tells them.
package struct EvaluationContext {
    /// Sizes of the symbols in scope.
    package let binding: Binding
    /// Types of the node's results.
    package let results: [ValueType]
    /// Random numbers of this node in this run.
    package let random: CounterRandom
    private let functions: (String, [Datum]) throws -> [Datum]
    /// Sizes that the node decided, in the order of inference. Those that only results show are left out by evaluation and read off them.
    package private(set) var sizes: [Int] = []

    package init(
        binding: Binding = [:], results: [ValueType] = [], random: CounterRandom = CounterRandom(seed: 0),
        functions: @escaping (String, [Datum]) throws -> [Datum] = { name, _ in
            throw EvaluationError("function '\(name)' cannot be called here")
        }
    ) {
        self.binding = binding
        self.results = results
        self.random = random
        self.functions = functions
    }

    /// Results of another function of the module, in order.
    package func call(_ function: String, _ inputs: [Datum]) throws -> [Datum] { try functions(function, inputs) }

    package mutating func newSize(_ size: Int) { sizes.append(size) }
}
