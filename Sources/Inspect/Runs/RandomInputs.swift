import IR
import Runtime

/// Inputs for a function made from what it declares: types, and the bounds that its own nodes set.
package struct RandomInputs {
    private let graph: Graph
    private let binding: Binding
    private let random: CounterRandom

    /// - Parameter seed: the same seed, sizes and function give the same numbers.
    package init(_ graph: Graph, _ binding: Binding, seed: UInt64) {
        (self.graph, self.binding) = (graph, binding)
        random = CounterRandom(seed: seed)
    }

    /// An input that was made, and what of, for people.
    package struct Made {
        package let tensor: Tensor
        package let text: String
    }

    /// Floats are normal, ids lie within the tables that they pick from, masks hide nothing, other integers are 0.
    /// - Throws: `BindingError` for a symbol without a size; ``RuntimeError`` for more than the machine holds.
    package func make(_ name: String) throws -> Made {
        guard let value = graph.input(named: name) else {
            throw RuntimeError("function '\(graph.name)' has no input '\(name)'")
        }
        let type = graph.type(of: value)
        let shape = try type.sizes(binding)
        let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard count <= Machine.memoryBytes / 16 else {
            throw RuntimeError(
                "input '\(name)' would be \(type.dtype.rawValue)\(shape), too large for this machine; bind smaller sizes", .resources)
        }
        let own = random.substream(name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })
        if type.dtype.isFloat {
            return Made(tensor: Tensor(own.normals(count).map(Double.init), shape, as: type.dtype), text: "normal numbers")
        }
        guard type.dtype.isInteger else { return Made(tensor: Tensor(zeros: type.dtype, shape), text: "false: nothing is masked out") }
        guard let bound = try limit(of: value) else { return Made(tensor: Tensor(zeros: type.dtype, shape), text: "zeros") }
        let ids = (0..<count).map { Int(own.integer(below: UInt64(bound), at: UInt64($0))) }
        return Made(tensor: Tensor(integers: ids, shape, as: type.dtype), text: "whole numbers from 0 to \(bound - 1)")
    }

    /// One more than the largest index that every node takes that picks by `value`; nil if none does.
    private func limit(of value: ValueID) throws -> Int? {
        var (open, seen, least): ([ValueID], Set<ValueID>, Int?) = ([value], [value], nil)
        while let next = open.popLast() {
            for node in graph.users(of: next).compactMap({ graph.node($0) }) {
                if let size = try RandomInputs.size(pickedBy: next, node, graph, binding) {
                    least = min(least ?? size, size)
                } else if RandomInputs.keepsValues.contains(node.opName) {
                    open += node.outputs.filter { seen.insert($0).inserted }
                }
            }
        }
        return least.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Operators whose results are numbers of their operand.
    private static let keepsValues: Set<String> = ["reshape", "transpose", "expand", "cast", "slice", "concat", "split"]

    private static func size(pickedBy index: ValueID, _ node: Node, _ graph: Graph, _ binding: Binding) throws -> Int? {
        let axis: Int
        switch node.op {
        case let op as Gather: axis = op.axis
        case let op as GatherElements: axis = op.axis
        default: return nil
        }
        guard node.inputs.count > 1, node.inputs[1] == index, let table = node.inputs[0] else { return nil }
        let shape = graph.type(of: table).shape
        let place = axis < 0 ? axis + shape.count : axis
        return shape.indices.contains(place) ? try shape[place].evaluate(binding) : nil
    }
}
