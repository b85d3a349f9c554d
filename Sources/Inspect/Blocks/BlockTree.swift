/// Nodes of a function by the parts of their names, as checkpoints and exporters build them: `encoder.0.attn.qkv`, `/layer.0/attn/MatMul`.
package struct BlockTree: Sendable {
    /// Nodes and smaller blocks whose names begin alike.
    package struct Block: Sendable, Encodable {
        /// The start of those names: `encoder.0.attn`; empty for the root.
        package let path: String
        /// What ``path`` has beyond that of ``parent``.
        package let title: String
        /// Index of the block that it lies in; -1 for the root.
        package let parent: Int
        /// Indices of the nodes that lie in no smaller block, in order.
        package fileprivate(set) var nodes: [Int] = []
        package fileprivate(set) var children: [Int] = []
    }

    /// The root first; parents before children.
    package private(set) var blocks: [Block]
    /// The block of each node.
    package private(set) var blockOfNode: [Int]

    /// More nodes than this directly in one block are dealt out to blocks of consecutive ones: names that say nothing leave all in the root.
    package static let mostNodes = 80

    /// - Parameter names: of the nodes, in order.
    package init(_ names: [String]) {
        let root = Trie()
        for (index, name) in names.enumerated() { root.insert(NameParts.split(name).dropLast(), node: index) }
        blocks = []
        blockOfNode = [Int](repeating: 0, count: names.count)
        add(root, path: "", title: "", parent: -1)
    }

    /// All nodes of a block and of those in it, in order.
    package func allNodes(of block: Int) -> [Int] {
        (blocks[block].nodes + blocks[block].children.flatMap { allNodes(of: $0) }).sorted()
    }

    private mutating func add(_ trie: Trie, path: String, title: String, parent: Int) {
        var (trie, path, title) = (trie, path, title)
        // Blocks that hold one block and nothing else are one with it.
        while parent >= 0, trie.nodes.isEmpty, trie.order.count == 1, let only = trie.children[trie.order[0]] {
            (path, title, trie) = (path + trie.order[0], title + trie.order[0], only)
        }
        let index = blocks.count
        blocks.append(Block(path: path, title: BlockTree.trimmed(title), parent: parent))
        if parent >= 0 { blocks[parent].children.append(index) }
        if trie.nodes.count > BlockTree.mostNodes {
            addRuns(trie.nodes, to: index, path)
        } else {
            blocks[index].nodes = trie.nodes
            for node in trie.nodes { blockOfNode[node] = index }
        }
        for part in trie.order {
            guard let child = trie.children[part] else { continue }
            add(child, path: path + part, title: part, parent: index)
        }
    }

    private mutating func addRuns(_ nodes: [Int], to parent: Int, _ path: String) {
        for start in stride(from: 0, to: nodes.count, by: BlockTree.mostNodes) {
            let run = Array(nodes[start..<min(start + BlockTree.mostNodes, nodes.count)])
            let index = blocks.count
            blocks[parent].children.append(index)
            blocks.append(Block(path: path, title: "nodes \(start) to \(start + run.count - 1)", parent: parent, nodes: run))
            for node in run { blockOfNode[node] = index }
        }
    }

    private static func trimmed(_ title: String) -> String {
        String(title.drop { $0 == "." || $0 == "/" }.reversed().drop { $0 == "." || $0 == "/" }.reversed())
    }
}

extension BlockTree.Block {
    fileprivate init(path: String, title: String, parent: Int, nodes: [Int]) {
        self.init(path: path, title: title, parent: parent)
        self.nodes = nodes
    }

    fileprivate init(path: String, title: String, parent: Int) { (self.path, self.title, self.parent) = (path, title, parent) }
}

/// Names of nodes in parts.
private enum NameParts {
    /// `encoder.0.fc` as `encoder`, `.0`, `.fc`: each with the separator before it, so that they join to the name again.
    static func split(_ name: String) -> [String] {
        var parts: [String] = []
        var part = ""
        for character in name {
            if character == "." || character == "/", !part.isEmpty, !(part == "/" || part == ".") {
                parts.append(part)
                part = ""
            }
            part.append(character)
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}

private final class Trie {
    var nodes: [Int] = []
    var children: [String: Trie] = [:]
    /// Keys of ``children`` in the order in which they came.
    var order: [String] = []

    func insert(_ parts: ArraySlice<String>, node: Int) {
        var place = self
        for part in parts {
            if let next = place.children[part] {
                place = next
            } else {
                let made = Trie()
                place.children[part] = made
                place.order.append(part)
                place = made
            }
        }
        place.nodes.append(node)
    }
}
