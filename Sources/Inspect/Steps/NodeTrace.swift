import Foundation
import IR
import Runtime

/// What the nodes of runs gave, to be held against those of another variant of the model.
package final class NodeTrace {
    /// Nodes of two variants are the same if they have this in common: operators and their number may differ.
    struct Key: Hashable {
        let function, node: String
        let result: Int
    }

    struct Entry {
        let op: String
        let tensor: Tensor
    }

    /// In the order in which results came.
    private(set) var order: [Key] = []
    private(set) var entries: [Key: [Entry]] = [:]
    /// Seconds of a node by function and name.
    private(set) var seconds: [Key: Double] = [:]
    /// Whose value a node gives, where it was made of several: the last of these.
    private let stands: StandIns
    /// Keys by what they stand for.
    private var byValue: [Key: Key] = [:]
    /// Whether every node gives its own value: nothing was fused.
    let isPlain: Bool

    /// - Parameter stands: for what the nodes of a rewritten module stand.
    package init(_ stands: StandIns = StandIns()) { (self.stands, isPlain) = (stands, false) }

    /// Tensors that something else computed, by the names of nodes: of every function. `NODE:1` is a node's second result.
    package init(recorded: [String: Tensor]) {
        (stands, isPlain) = (StandIns(), true)
        for (name, tensor) in recorded.sorted(by: { $0.key < $1.key }) {
            add(Key(function: "", node: name, result: 0), "recorded", tensor)
            guard let colon = name.lastIndex(of: ":"), let result = Int(name[name.index(after: colon)...]), result > 0 else { continue }
            add(Key(function: "", node: String(name[..<colon]), result: result), "recorded", tensor)
        }
    }

    /// What each node of function `name` gives, evaluated operator by operator, slow and plain.
    /// - Throws: `EvaluationError` naming the node; `BindingError`.
    package init(evaluating module: Module, _ name: String, _ inputs: [String: Tensor], binding: Binding) throws {
        (stands, isPlain) = (StandIns(), true)
        _ = try Interpreter.run(module, name, values: inputs.mapValues { .tensor($0) }, binding: binding) { function, node, results in
            if node.name.isEmpty { return }
            for (index, result) in results.enumerated() {
                guard let tensor = result.tensor, tensor.dtype != .string else { continue }
                self.add(Key(function: function, node: node.name, result: index), node.opName, tensor)
            }
        }
    }

    /// Keeps what `session` gives from now on, and how long it takes.
    package func listen(to session: Session, function: String) {
        session.onResult = { [self] result in
            if result.node.isEmpty { return }
            add(Key(function: result.function, node: result.node, result: result.index), result.op, result.tensor)
        }
        session.observer = { [self] _, place, _, nanoseconds in
            guard let first = place.firstIndex(of: "'"), let last = place.lastIndex(of: "'"), first < last else { return }
            let key = Key(function: function, node: String(place[place.index(after: first)..<last]), result: 0)
            seconds[key, default: 0] += Double(nanoseconds) / 1e9
        }
    }

    private func add(_ key: Key, _ op: String, _ tensor: Tensor) {
        if entries[key] == nil { order.append(key) }
        entries[key, default: []].append(Entry(op: op, tensor: tensor))
        byValue[Key(function: key.function, node: stands.value(op, key.node, in: key.function).node, result: key.result)] = key
    }

    /// The key of what gives the same as the node `key` of `other`: of the node that gives the same value, or of a recorded one of that
    /// value's name.
    func matching(_ key: Key, of other: NodeTrace) -> Key? {
        let value = Key(function: key.function, node: other.value(of: key).node, result: key.result)
        if let same = byValue[value] { return same }
        let recorded = Key(function: "", node: value.node, result: value.result)
        if entries[recorded] != nil { return recorded }
        // What is fused in one of them may be so in the other, of which nobody knows.
        return isPlain && value.node != key.node || entries[key] == nil ? nil : key
    }

    /// The node as imported whose value the last result of `key` is.
    private func value(of key: Key) -> (op: String, node: String) {
        stands.value(entries[key]?.last?.op ?? "", key.node, in: key.function)
    }

    /// The operator as imported that `entry` of `key` is the result of.
    func valueOp(_ entry: Entry, _ key: Key) -> String { stands.value(entry.op, key.node, in: key.function).op }

    /// Whether `entry` may be what its layer comes to, as something else records it.
    func isFinal(_ entry: Entry, _ key: Key) -> Bool {
        let value = stands.value(entry.op, key.node, in: key.function)
        return stands.isFinal(value.op, value.node, in: key.function)
    }
}

/// How far nodes of one variant of a model are from those of another.
package struct NodeComparison: Sendable {
    package struct Row: Sendable, Encodable {
        /// Place in the order in which the first variant computes.
        package let number: Int
        package let function, node: String
        package let result: Int
        /// The last operator of the node that gives a result of this shape, in both.
        package let op, otherOp: String
        package let type: String
        /// The root of the mean square of the differences by that of the first; of integers and truth values, the share that differs. Infinite
        /// where one of them is not finite and the other is.
        package let error: Double
        package let largest: Double
        /// Of the node, in both; 0 where that is not known.
        package let milliseconds, otherMilliseconds: Double
    }

    /// In the order of the first.
    package private(set) var rows: [Row] = []
    /// Nodes of the first that the other has not, or not in this shape.
    package private(set) var unmatched: [String] = []

    /// - Parameter isSecondRight: whether errors are in parts of the second's results, as where it is a reference.
    package init(_ first: NodeTrace, _ second: NodeTrace, isSecondRight: Bool = false) {
        let partners = StructuralMatch.partners(first, second)
        for key in first.order {
            let other = partners[key] ?? second.matching(key, of: first)
            guard let other, let (a, b) = NodeComparison.pair(first, key, second, other) else {
                unmatched.append(key.node)
                continue
            }
            let (error, largest) =
                isSecondRight ? NodeComparison.difference(b.tensor, a.tensor) : NodeComparison.difference(a.tensor, b.tensor)
            let timed = NodeTrace.Key(function: key.function, node: key.node, result: 0)
            rows.append(
                Row(
                    number: rows.count, function: key.function, node: key.node, result: key.result, op: a.op, otherOp: b.op,
                    type: a.tensor.type.description, error: error, largest: largest,
                    milliseconds: (first.seconds[timed] ?? 0) * 1e3, otherMilliseconds: (second.seconds[timed] ?? 0) * 1e3))
        }
    }

    /// The last results of one operator as imported that both have, else the last of one shape: what the node comes to.
    private static func pair(
        _ first: NodeTrace, _ key: NodeTrace.Key, _ second: NodeTrace, _ other: NodeTrace.Key
    ) -> (NodeTrace.Entry, NodeTrace.Entry)? {
        let (left, right) = (first.entries[key] ?? [], second.entries[other] ?? [])
        func fits(_ a: NodeTrace.Entry, _ b: NodeTrace.Entry) -> Bool {
            a.tensor.shape == b.tensor.shape && a.tensor.dtype.isFloat == b.tensor.dtype.isFloat
        }
        for a in left.reversed() {
            let op = first.valueOp(a, key)
            if let b = right.last(where: { fits(a, $0) && second.valueOp($0, other) == op }) { return (a, b) }
        }
        // Something else records what a layer comes to, and kernels may have written over that.
        for a in left.reversed() where other.function != "" || first.isFinal(a, key) {
            if let b = right.last(where: { fits(a, $0) }) { return (a, b) }
        }
        return nil
    }

    /// The root of the mean square of the differences by that of `a`, or the share that differs, and the largest difference.
    package static func difference(_ a: Tensor, _ b: Tensor) -> (error: Double, largest: Double) {
        let (x, y) = (a.doubles, b.doubles)
        if !a.dtype.isFloat {
            let other = zip(x, y).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
            let most = zip(x, y).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
            return (x.isEmpty ? 0 : Double(other) / Double(x.count), most)
        }
        var (size, errors, largest) = (0.0, 0.0, 0.0)
        for (p, q) in zip(x, y) {
            // What both leave open, such as masked scores, is the same.
            if p == q || p.isNaN && q.isNaN { size += p.isFinite ? p * p : 0; continue }
            guard p.isFinite, q.isFinite else { return (.infinity, .infinity) }
            size += p * p
            errors += (p - q) * (p - q)
            largest = max(largest, abs(p - q))
        }
        return (errors == 0 ? 0 : size == 0 ? .infinity : (errors / size).squareRoot(), largest)
    }

    /// `0.0012`, `3.5e-07`, `inf`
    package static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.3g", value) : value.isNaN ? "nan" : "inf" }

    /// The first node whose error is above `tolerance`.
    package func firstDivergence(_ tolerance: Double) -> Row? { rows.first { $0.error > tolerance } }
}
