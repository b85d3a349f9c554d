import IR

/// What two modules have not in common: stages, files or versions of one model.
package struct ModuleDifference: Encodable {
    package enum Kind: String, Encodable { case changed, removed, added }

    package struct Row: Encodable {
        package let kind: Kind
        /// Of the node, input, output or constant.
        package let name: String
        /// As the first and the second have it, operands by name; nil where one has it not.
        package let first, second: String?
    }

    package struct Function: Encodable {
        package let name: String
        package let nodes, otherNodes, same: Int
        package let rows: [Row]
    }

    package let stage, otherStage: String
    package let functions: [Function]
    package let removedFunctions, addedFunctions: [String]
    package let constants: [Row]
    package let metadata: [Row]

    package var isEmpty: Bool {
        functions.allSatisfy(\.rows.isEmpty) && removedFunctions.isEmpty && addedFunctions.isEmpty && constants.isEmpty && metadata.isEmpty
    }

    package init(_ first: Module, _ second: Module) {
        (stage, otherStage) = (first.stage.rawValue, second.stage.rawValue)
        let names = (Set(first.functions.map(\.name)), Set(second.functions.map(\.name)))
        removedFunctions = first.functions.map(\.name).filter { !names.1.contains($0) }
        addedFunctions = second.functions.map(\.name).filter { !names.0.contains($0) }
        functions = first.functions.compactMap { graph in second.function(graph.name).map { Function(graph, $0) } }
        constants = ModuleDifference.constants(first, second)
        metadata = ModuleDifference.rows(first.metadata.mapValues(\.text), second.metadata.mapValues(\.text))
    }

    private static func rows(_ first: [String: String], _ second: [String: String]) -> [Row] {
        Set(first.keys).union(second.keys).sorted().compactMap { key in
            guard first[key] != second[key] else { return nil }
            let kind: Kind = first[key] == nil ? .added : second[key] == nil ? .removed : .changed
            return Row(kind: kind, name: key, first: first[key], second: second[key])
        }
    }

    /// By key, type and data.
    private static func constants(_ first: Module, _ second: Module) -> [Row] {
        let types = rows(first.constants.mapValues(\.type.description), second.constants.mapValues(\.type.description))
        let changed = first.constants.values.compactMap { constant -> Row? in
            guard let other = second.constants[constant.key], other.type == constant.type, other != constant else { return nil }
            return Row(kind: .changed, name: constant.key, first: constant.type.description, second: difference(constant, other))
        }
        return (types + changed).sorted { $0.name < $1.name }
    }

    private static func difference(_ a: Constant, _ b: Constant) -> String {
        guard let x = a.tensor, let y = b.tensor, x.dtype != .string, x.count <= 1 << 26 else { return "other data" }
        let (error, largest) = NodeComparison.difference(x, y)
        return "other data: relative error \(NodeComparison.number(error)), at most \(NodeComparison.number(largest))"
    }
}

extension ModuleDifference.Function {
    /// Nodes that read the same are the same; of the others, those of one name are one that changed.
    init(_ first: Graph, _ second: Graph) {
        let (a, b) = (first.nodes.map(first.namedText), second.nodes.map(second.namedText))
        var (gone, new) = (Set<Int>(), Set<Int>())
        for change in b.difference(from: a) {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): new.insert(offset)
            }
        }
        var partners = Dictionary(grouping: new.sorted(), by: { second.nodes[$0].name })
        var rows: [(order: Int, row: ModuleDifference.Row)] = []
        for index in gone.sorted() {
            let name = first.nodes[index].name
            guard let partner = partners[name]?.first else {
                rows.append((index, .init(kind: .removed, name: name, first: a[index], second: nil)))
                continue
            }
            partners[name]?.removeFirst()
            rows.append((index, .init(kind: .changed, name: name, first: a[index], second: b[partner])))
        }
        let left = partners.values.flatMap { $0 }
        rows += left.map { (order: $0, row: .init(kind: .added, name: second.nodes[$0].name, first: nil, second: b[$0])) }
        let ports = ModuleDifference.Function.ports(first, second)
        self.init(
            name: first.name, nodes: a.count, otherNodes: b.count, same: a.count - gone.count,
            rows: ports + rows.sorted { $0.order < $1.order }.map(\.row))
    }

    /// Inputs and outputs.
    private static func ports(_ first: Graph, _ second: Graph) -> [ModuleDifference.Row] {
        func list(_ graph: Graph) -> [String: String] {
            let signature = graph.signature
            let all =
                signature.inputs.map { ("input \($0.name)", "\($0.type)") } + signature.outputs.map { ("output \($0.name)", "\($0.type)") }
            return Dictionary(all) { first, _ in first }
        }
        let (a, b) = (list(first), list(second))
        return Set(a.keys).union(b.keys).sorted().compactMap { key in
            guard a[key] != b[key] else { return nil }
            return .init(kind: a[key] == nil ? .added : b[key] == nil ? .removed : .changed, name: key, first: a[key], second: b[key])
        }
    }
}
