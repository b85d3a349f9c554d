/// A model: functions over one set of constants, with the facts people and programs need to use it rightly.
package struct Module: Sendable {
    package var name: String
    package var stage: Stage
    /// Functions in the order they were added.
    package private(set) var functions: [Graph] = []
    package private(set) var constants: [String: Constant] = [:]
    /// Family, modalities, normalisation, patch size, token grid, codebook, special tokens, …
    package var metadata: Attributes = [:]
    /// Where the data of constants are that IR text gives none for; empty but for modules that were read from text, or are about to be written.
    package var weightFiles: [WeightFile] = []

    /// How far a module has come; each stage has its own list of legal operators.
    package enum Stage: String, Sendable, Hashable, CaseIterable, Comparable {
        /// As importers write it: plain operators only.
        case imported
        /// After cleaning: fused operators allowed.
        case clean
        /// Ready for the runtime.
        case lowered

        package static func < (a: Stage, b: Stage) -> Bool {
            (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
        }
    }

    package init(name: String, stage: Stage = .imported) {
        self.name = name
        self.stage = stage
    }

    /// Functions for callers from outside.
    package var entryPoints: [Graph] { functions.filter { !$0.isPrivate } }

    package func function(_ name: String) -> Graph? { functions.first { $0.name == name } }

    /// Adds a function, or replaces the one of the same name.
    package mutating func setFunction(_ graph: Graph) {
        if let index = functions.firstIndex(where: { $0.name == graph.name }) {
            functions[index] = graph
        } else {
            functions.append(graph)
        }
    }

    /// Removes private functions that nothing calls, and those that only they called; gives how many.
    @discardableResult
    package mutating func removeUncalledFunctions() -> Int {
        let needed = reachable(from: functions.filter { !$0.isPrivate }.map(\.name))
        let before = functions.count
        functions.removeAll { !needed.contains($0.name) }
        return before - functions.count
    }

    /// `names` and the functions that they call, directly or not.
    package func reachable(from names: some Sequence<String>) -> Set<String> {
        var found: Set<String> = []
        var pending = Array(names)
        while let name = pending.popLast() {
            guard found.insert(name).inserted, let graph = function(name) else { continue }
            pending += graph.calledFunctions
        }
        return found
    }

    /// Functions in an order in which each stands behind those that it calls.
    package var calleesFirst: [String] {
        var done: Set<String> = []
        var order: [String] = []
        func visit(_ name: String) {
            guard done.insert(name).inserted, let graph = function(name) else { return }
            for called in graph.calledFunctions.sorted() { visit(called) }
            order.append(name)
        }
        for graph in functions { visit(graph.name) }
        return order
    }

    /// Sizes of the symbols of function `name`, in symbols of a caller whose operands have `types`.
    /// - Throws: ``InferenceError`` if they do not fit.
    package func sizes(in name: String, calledWith types: [ValueType?]) throws -> [String: Dim] {
        var callee = try CalleeTypes(name, inputs: types.count, InferenceContext(Callees(self)))
        for (index, type) in types.enumerated() { if let type { try callee.give(type, to: index) } }
        guard callee.isExact else { throw InferenceError("whether the operands of '\(name)' fit is decided when it runs") }
        return callee.sizes
    }

    /// Whether equal operands always give equal results, in functions that `node` calls too.
    package func isPure(_ node: Node) -> Bool {
        node.op.isPure && reachable(from: node.op.calledFunctions).allSatisfy { function($0)?.nodes.allSatisfy(\.op.isPure) ?? true }
    }

    package mutating func setConstant(_ constant: Constant) { constants[constant.key] = constant }

    /// Drops constants that no function reads; gives how many.
    @discardableResult
    package mutating func removeUnusedConstants() -> Int {
        let used = functions.reduce(into: Set<String>()) { $0.formUnion($1.usedConstants) }
        let before = constants.count
        constants = constants.filter { used.contains($0.key) }
        return before - constants.count
    }

    /// Sum of the elements of all constants.
    package var parameterCount: Int {
        constants.values.reduce(0) { saturatingAdd($0, $1.type.elementCount.value ?? 0) }
    }

    /// Bytes of all constants.
    package var constantBytes: Int {
        constants.values.reduce(0) { saturatingAdd($0, $1.type.byteCount ?? 0) }
    }
}

extension Module: Equatable {
    /// Same name, stage, metadata, functions and constants (bytes compared where both sides have them).
    package static func == (a: Module, b: Module) -> Bool {
        a.name == b.name && a.stage == b.stage && a.metadata == b.metadata && a.weightFiles == b.weightFiles
            && a.functions == b.functions && a.constants == b.constants
    }
}

extension Graph: Equatable {
    /// Same inputs, nodes in the same order and outputs; ids may differ.
    package static func == (a: Graph, b: Graph) -> Bool {
        guard a.name == b.name, a.isPrivate == b.isPrivate, a.order.count == b.order.count, a.inputs.count == b.inputs.count,
            a.outputs.map(\.name) == b.outputs.map(\.name)
        else { return false }
        var match: [ValueID: ValueID] = [:]
        for (x, y) in zip(a.inputs, b.inputs) {
            guard a.inputName(of: x) == b.inputName(of: y), a.valueType(of: x) == b.valueType(of: y) else { return false }
            match[x] = y
        }
        func same(_ x: ValueID, _ y: ValueID) -> Bool {
            if let key = a.constantKey(of: x) { return b.constantKey(of: y) == key && a.type(of: x) == b.type(of: y) }
            return match[x] == y
        }
        for (x, y) in zip(a.nodes, b.nodes) {
            guard x.name == y.name, x.op.isEqual(to: y.op), x.inputs.count == y.inputs.count,
                x.sizes == y.sizes, x.hints == y.hints, x.outputs.map({ a.valueType(of: $0) }) == y.outputs.map({ b.valueType(of: $0) })
            else { return false }
            for (p, q) in zip(x.inputs, y.inputs) {
                switch (p, q) {
                case (nil, nil): continue
                case (let p?, let q?) where same(p, q): continue
                default: return false
                }
            }
            for (p, q) in zip(x.outputs, y.outputs) { match[p] = q }
        }
        return zip(a.outputs, b.outputs).allSatisfy { same($0.value, $1.value) }
    }
}
