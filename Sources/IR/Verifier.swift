/// What is wrong with a module; one entry per fault.
package struct VerificationError: Error, Sendable, CustomStringConvertible, Equatable {
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}

/// Operators that stand for several plain ones and may only appear once a module is cleaned.
package protocol FusedOperator: Operator {}

extension Module {
    /// Checks the rules of the module's stage: order, types, constants, legal operators, called functions.
    /// - Throws: ``VerificationError`` with every fault found.
    package func verify() throws {
        var faults: [String] = []
        if Set(functions.map(\.name)).count != functions.count { faults.append("module '\(name)' has two functions of one name") }
        for graph in functions { graph.collectFaults(in: self, into: &faults) }
        if !faults.isEmpty { throw VerificationError(faults: faults) }
    }
}

extension Graph {
    func collectFaults(in module: Module, into faults: inout [String]) {
        var defined = Set(inputs)
        for node in nodes {
            let place = "function '\(name)', \(node.opName) '\(node.name)'"
            for case let input? in node.inputs where !defined.contains(input) && constantKey(of: input) == nil {
                faults.append("\(place): reads \(origin(of: input)) before it is computed")
            }
            checkConstants(of: node, place, module, &faults)
            checkTypes(of: node, place, &faults)
            if node.op is any FusedOperator, module.stage == .imported {
                faults.append("\(place): a fused operator is not legal in stage 'imported'")
            }
            for called in node.op.calledFunctions where module.function(called) == nil {
                faults.append("\(place): calls function '\(called)', which the module lacks")
            }
            defined.formUnion(node.outputs)
        }
        for output in outputs where !defined.contains(output.value) && constantKey(of: output.value) == nil {
            faults.append("function '\(name)': output '\(output.name)' is never computed")
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

    private func checkTypes(of node: Node, _ place: String, _ faults: inout [String]) {
        do {
            let types = try inferred(node.op, node.inputs, name: node.name)
            let stored = node.outputs.map { type(of: $0) }
            if types != stored {
                faults.append("\(place): results are declared \(list(stored)) but infer as \(list(types))")
            }
        } catch { faults.append("function '\(name)': \(error)") }
    }

    private func list(_ types: [TensorType]) -> String { types.map(\.description).joined(separator: ", ") }
}
