/// What is wrong with a module; one entry per fault.
package struct VerificationError: Error, Sendable, CustomStringConvertible, Equatable {
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}

/// Operators that stand for several plain ones and may only appear once a module is cleaned.
package protocol FusedOperator: TensorOperator {}

extension Module {
    /// Checks the rules of the module's stage: order, types, constants, legal operators, called functions, and the tables that edits keep.
    /// - Throws: ``VerificationError`` with every fault found.
    /// - Parameter changed: Functions to look at, besides those that call others, where all were sound before; nil for all.
    package func verify(changed: Set<String>? = nil) throws {
        var faults: [String] = []
        if Set(functions.map(\.name)).count != functions.count { faults.append("module '\(name)' has two functions of one name") }
        if let fault = callFault { faults.append(fault) }
        for graph in functions {
            if let changed, !changed.contains(graph.name), graph.isLeaf { continue }
            graph.collectFaults(in: self, into: &faults)
        }
        if !faults.isEmpty { throw VerificationError(faults: faults) }
    }
}

extension Graph {
    /// Whether it calls no function.
    fileprivate var isLeaf: Bool { calledFunctions.isEmpty }

    func collectFaults(in module: Module, into faults: inout [String]) {
        checkTables(&faults)
        var defined = Set(inputs)
        var sizes = inputs.reduce(into: Set<String>()) { $0.formUnion(valueType(of: $1).symbols) }
        var unborn = bornSizes
        checkSizes(of: inputs, "function '\(name)'", &faults)
        for node in nodes {
            let place = "function '\(name)', \(node.opName) '\(node.name)'"
            for case let input? in node.inputs where !defined.contains(input) && constantKey(of: input) == nil {
                faults.append("\(place): reads \(origin(of: input)) before it is computed")
            }
            checkConstants(of: node, place, module, &faults)
            checkTypes(of: node, place, module, &faults)
            checkSizes(of: node.outputs, place, &faults)
            if node.op is any FusedOperator, module.stage == .imported {
                faults.append("\(place): a fused operator is not legal in stage 'imported'")
            }
            if node.op is any LoweredOperator, module.stage != .lowered {
                faults.append("\(place): an operator of lowered modules is not legal in stage '\(module.stage.rawValue)'")
            }
            if !node.hints.isEmpty, module.stage != .lowered {
                faults.append("\(place): hints are not legal in stage '\(module.stage.rawValue)'")
            }
            for called in node.op.calledFunctions where module.function(called) == nil {
                faults.append("\(place): calls function '\(called)', which the module lacks")
            }
            for size in symbolsRead(by: node).intersection(unborn).sorted() {
                faults.append("\(place): reads the size '\(size)' before it is decided")
            }
            unborn.subtract(node.sizes)
            for size in node.sizes where !sizes.insert(size).inserted {
                faults.append("\(place): decides the size '\(size)', which is known before")
            }
            defined.formUnion(node.outputs)
        }
        for output in outputs where !defined.contains(output.value) && constantKey(of: output.value) == nil {
            faults.append("function '\(name)': output '\(output.name)' is never computed")
        }
    }

    /// The order names every node there is, once; each operand knows its readers.
    private func checkTables(_ faults: inout [String]) {
        let live = nodeTable.indices.filter { nodeTable[$0] != nil }
        if order.map(\.index).sorted() != live { faults.append("function '\(name)': the order is not that of its \(live.count) nodes") }
        var readers = [[NodeID]](repeating: [], count: valueTable.count)
        for node in nodes { for case let input? in node.inputs { readers[input.index].append(node.id) } }
        for (index, expected) in readers.enumerated() where userTable[index].sorted() != expected.sorted() {
            faults.append("function '\(name)': the table of readers of \(origin(of: ValueID(index: index))) is wrong")
        }
    }

    /// Tensors have sizes; only those inside a sequence or an optional may differ.
    private func checkSizes(of values: [ValueID], _ place: String, _ faults: inout [String]) {
        for value in values {
            if let type = valueType(of: value).tensor, type.symbols.contains(Dim.anyName) {
                faults.append("\(place): \(origin(of: value)) has a size '?'")
            }
        }
    }

    private func checkConstants(of node: Node, _ place: String, _ module: Module, _ faults: inout [String]) {
        for case let input? in node.inputs {
            guard let key = constantKey(of: input) else { continue }
            guard let constant = module.constants[key] else {
                faults.append("\(place): reads constant @\(key), which the module lacks")
                continue
            }
            if constant.type != type(of: input) {
                faults.append("\(place): reads constant @\(key) as \(type(of: input)), but it is \(constant.type)")
            }
        }
    }

    private func checkTypes(of node: Node, _ place: String, _ module: Module, _ faults: inout [String]) {
        do {
            let types = try inferred(of: node, callees: Callees(module)).types
            let stored = node.outputs.map { valueType(of: $0) }
            if types != stored {
                faults.append("\(place): results are declared \(list(stored)) but infer as \(list(types))")
            }
        } catch { faults.append("function '\(name)': \(error)") }
    }

    private func list(_ types: [ValueType]) -> String { types.map(\.description).joined(separator: ", ") }
}
