/// The picture of one block of a function: boxes and the arrows between them.
///
/// Blocks with few nodes show each of them. Larger ones show smaller blocks as one box; of values from outside, inputs, outputs and
/// readers outside they show labels. Constants are no boxes.
struct BlockGraph {
    /// What a box is.
    enum Item: Hashable {
        case node(Int)
        case group(Int)
        /// A value that a node outside computes.
        case outside(node: Int, result: Int)
        /// A node outside that reads a value.
        case reader(Int)
        case input(Int)
        case output(Int)
    }

    private(set) var items: [Item] = []
    /// Indices of items.
    private(set) var arrows: [Arrow] = []

    struct Arrow: Hashable {
        let from, to: Int
    }

    /// Blocks of at most this many nodes show all of them.
    static let mostFlatNodes = 40
    /// Pictures of more boxes than this are not drawn.
    static let mostBoxes = 150
    /// Of the readers outside of one value.
    private static let mostReaders = 4

    private var boxes: [Item: Int] = [:]
    private var seen: Set<Arrow> = []

    /// The picture of block `block`; nil if it would have too many boxes.
    static func picture(of block: Int, in view: FunctionView) -> BlockGraph? {
        let all = BlockGraph(block, view, labels: true)
        if all.items.count <= mostBoxes { return all }
        let bare = BlockGraph(block, view, labels: false)
        return bare.items.count <= mostBoxes ? bare : nil
    }

    /// - Parameter labels: whether what lies outside is shown.
    init(_ block: Int, _ view: FunctionView, labels: Bool) {
        let nodes = view.tree.allNodes(of: block)
        let owner = BlockGraph.owners(block, nodes, view)
        if labels {
            for node in nodes where owner[node] != nil {
                for source in view.operands[node] { if let item = BlockGraph.label(of: source, owner, view) { add(item) } }
            }
        }
        for node in nodes { if let item = owner[node] { add(item) } }
        for node in nodes {
            guard let item = owner[node] else { continue }
            for source in view.operands[node] { connect(source, owner, view, to: item) }
        }
        if labels { addReaders(nodes, owner, view) }
    }

    /// The box of each node of the block; none of hidden ones.
    private static func owners(_ block: Int, _ nodes: [Int], _ view: FunctionView) -> [Int: Item] {
        var owner: [Int: Item] = [:]
        for node in nodes where !view.isHidden[node] { owner[node] = .node(node) }
        if nodes.count <= mostFlatNodes { return owner }
        for (child, inner) in shownBlocks(block, view) {
            for node in inner where owner[node] != nil { owner[node] = .group(child) }
        }
        return owner
    }

    /// The blocks that are one box each, with their nodes. A block that is nearly all of the picture is opened: its content stands there.
    private static func shownBlocks(_ block: Int, _ view: FunctionView) -> [(block: Int, nodes: [Int])] {
        var (inside, direct) = (block, view.tree.blocks[block].nodes.count)
        while true {
            let children = view.tree.blocks[inside].children.map { (block: $0, nodes: view.tree.allNodes(of: $0)) }
            direct += children.reduce(0) { $0 + ($1.nodes.count <= 2 ? $1.nodes.count : 0) }
            let large = children.filter { $0.nodes.count > 2 }
            guard large.count == 1, direct < 8 else { return large }
            let content = view.tree.blocks[large[0].block]
            guard content.nodes.count + content.children.count <= mostFlatNodes else { return large }
            inside = large[0].block
            direct += content.nodes.count
        }
    }

    /// The label of a value that no node of the block computes.
    private static func label(of source: FunctionView.Source, _ owner: [Int: Item], _ view: FunctionView) -> Item? {
        switch source {
        case .input(let index): .input(index)
        case .node(let node, let result) where owner[node] == nil && !view.isHidden[node]: .outside(node: node, result: result)
        default: nil
        }
    }

    private mutating func connect(_ source: FunctionView.Source, _ owner: [Int: Item], _ view: FunctionView, to item: Item) {
        if case .node(let producer, _) = source, let from = owner[producer] { return add(from, item) }
        guard let label = BlockGraph.label(of: source, owner, view), boxes[label] != nil else { return }
        add(label, item)
    }

    private mutating func addReaders(_ nodes: [Int], _ owner: [Int: Item], _ view: FunctionView) {
        for node in nodes {
            guard let item = owner[node] else { continue }
            for (result, readers) in view.readers[node].enumerated() {
                for reader in readers.filter({ owner[$0] == nil }).prefix(BlockGraph.mostReaders) { add(item, .reader(reader)) }
                for (index, source) in view.outputs.enumerated() where source == .node(node, result: result) { add(item, .output(index)) }
            }
        }
    }

    private mutating func add(_ item: Item) {
        if boxes[item] != nil { return }
        boxes[item] = items.count
        items.append(item)
    }

    private mutating func add(_ from: Item, _ to: Item) {
        if from == to { return }
        add(from)
        add(to)
        guard let a = boxes[from], let b = boxes[to] else { return }
        let arrow = Arrow(from: a, to: b)
        if seen.insert(arrow).inserted { arrows.append(arrow) }
    }
}
