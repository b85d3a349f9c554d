import IR

/// Nodes of two variants that have other names and the same place: between nodes that have the same name in both, those of one operator and
/// one type, in order.
enum StructuralMatch {
    /// Nodes of `second` for those of `first` whose name it lacks.
    static func partners(_ first: NodeTrace, _ second: NodeTrace) -> [NodeTrace.Key: NodeTrace.Key] {
        let (a, b) = (first.order, second.order.filter { $0.function != "" })
        if b.isEmpty { return [:] }
        let (inA, inB) = (Set(a), Set(b))
        // What is in both is called by its name, so that it holds the others in their places.
        func sign(_ key: NodeTrace.Key, _ trace: NodeTrace, _ others: Set<NodeTrace.Key>) -> String {
            if others.contains(key) { return "name \(key.function) \(key.node) \(key.result)" }
            let last = trace.entries[key]?.last
            return "type \(last?.op ?? "") \(last?.tensor.type.description ?? "") \(key.result)"
        }
        let (left, right) = (a.map { sign($0, first, inB) }, b.map { sign($0, second, inA) })
        var (gone, new) = (Set<Int>(), Set<Int>())
        for change in right.difference(from: left) {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): new.insert(offset)
            }
        }
        let same = zip(a.indices.filter { !gone.contains($0) }, b.indices.filter { !new.contains($0) })
        return Dictionary(same.filter { a[$0] != b[$1] }.map { (a[$0], b[$1]) }) { first, _ in first }
    }
}
