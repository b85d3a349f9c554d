import IR
import Runtime

/// Inputs for a function made from what it declares: types, and the bounds that its own nodes set.
package struct RandomInputs {
    private let graph: Graph
    private let binding: Binding
    private let random: CounterRandom
    private let picks: [ValueID: [IndexUse]]

    /// - Parameters:
    ///   - module: that of the function.
    ///   - seed: the same seed, sizes and function give the same numbers.
    package init(_ graph: Graph, in module: Module, _ binding: Binding, seed: UInt64) {
        (self.graph, self.binding) = (graph, binding)
        picks = Dictionary(grouping: IndexUse.all(in: graph, of: module), by: \.source)
        random = CounterRandom(seed: seed)
    }

    /// An input that was made, and what of, for people.
    package struct Made {
        package let tensor: Tensor
        package let text: String
    }

    /// Floats are normal, what indices are made of lies within the tables that they pick from, masks hide nothing, other integers are 0.
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
        let range = try range(of: value)
        if type.dtype.isFloat, range == nil {
            return Made(tensor: Tensor(own.normals(count).map(Double.init), shape, as: type.dtype), text: "normal numbers")
        }
        guard type.dtype.isInteger || type.dtype.isFloat else {
            return Made(tensor: Tensor(zeros: type.dtype, shape), text: "false: nothing is masked out")
        }
        guard let range else { return Made(tensor: Tensor(zeros: type.dtype, shape), text: "zeros") }
        let ids = (0..<count).map { range.lowerBound + Int(own.integer(below: UInt64(range.count), at: UInt64($0))) }
        return Made(
            tensor: type.dtype.isFloat ? Tensor(ids.map(Double.init), shape, as: type.dtype) : Tensor(integers: ids, shape, as: type.dtype),
            text: "whole numbers from \(range.lowerBound) to \(range.upperBound - 1)")
    }

    /// What lies within all tables that are picked from by `value`; nil if none is, or nothing lies within all.
    private func range(of value: ValueID) throws -> Range<Int>? {
        guard let first = picks[value]?.first else { return nil }
        let all = try picks[value]?.map { try $0.range(binding) } ?? []
        let range = try all.reduce(first.range(binding)) { $0.clamped(to: $1) }
        return range.isEmpty ? nil : range
    }
}
