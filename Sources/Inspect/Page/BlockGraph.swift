/// The picture of one block of a function: boxes and the arrows between them.
///
/// Blocks with few nodes show each of them. Larger ones show smaller blocks as one box; of values from outside, inputs, outputs and
/// readers outside they show labels, of values that many read several. Constants are no boxes.
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

    /// Values that more boxes than this read have no arrow to each: they stand beside their readers, or are joined to the first alone.
    private static let mostArrows = 8

    /// How what lies outside, and what many boxes read, is shown.
    private enum Labels: CaseIterable {
        /// A value that many boxes read has a label beside each of them.
        case copied
        /// Such a value is joined to its first reader alone.
        case single
        /// Values, inputs, outputs and readers outside are left out as well.
        case inner
    }

    /// The picture of block `block`, with as much as fits; nil if it would have too many boxes.
    static func picture(of block: Int, in view: FunctionView) -> BlockGraph? {
        for labels in Labels.allCases {
            let picture = BlockGraph(block, view, labels)
            if picture.items.count <= mostBoxes { return picture }
        }
        return nil
    }

    private init(_ block: Int, _ view: FunctionView, _ labels: Labels) {
        let nodes = view.tree.allNodes(of: block)
        let owner = BlockGraph.owners(block, nodes, view)
        if labels != .inner {
            for node in nodes where owner[node] != nil {
                for source in view.operands[node] { if let item = BlockGraph.label(of: source, owner, view) { add(item) } }
            }
        }
        for node in nodes { if let item = owner[node] { add(item) } }
        let reads = BlockGraph.reads(nodes, owner, view)
        let counts = reads.reduce(into: [:]) { $0[$1.source, default: 0] += 1 }
        var joined: Set<FunctionView.Source> = []
        for read in reads {
            let isFirst = joined.insert(read.source).inserted
            if isFirst || counts[read.source] ?? 0 <= BlockGraph.mostArrows {
                connect(read.source, owner, view, to: read.item)
            } else if labels == .copied {
                addCopy(of: read.source, for: read.item)
            }
        }
        if labels != .inner { addReaders(nodes, owner, view) }
    }

    /// Values and the boxes that read them, in order, each pair once.
    private static func reads(
        _ nodes: [Int], _ owner: [Int: Item], _ view: FunctionView
    ) -> [(source: FunctionView.Source, item: Item)] {
        var reads: [(source: FunctionView.Source, item: Item)] = []
        var seen: [FunctionView.Source: Set<Item>] = [:]
        for node in nodes {
            guard let item = owner[node] else { continue }
            for source in view.operands[node] {
                if case .node(let producer, _) = source, owner[producer] == item { continue }
                if seen[source, default: []].insert(item).inserted { reads.append((source, item)) }
            }
        }
        return reads
    }

    /// Another label of a value, for one reader.
    private mutating func addCopy(of source: FunctionView.Source, for item: Item) {
        guard let reader = boxes[item] else { return }
        switch source {
        case .input(let index): items.append(.input(index))
        case .node(let node, let result): items.append(.outside(node: node, result: result))
        case .constant, .absent: return
        }
        arrows.append(Arrow(from: items.count - 1, to: reader))
    }

    /// The box of each node of the block; none of hidden ones.
    private static func owners(_ block: Int, _ nodes: [Int], _ view: FunctionView) -> [Int: Item] {
        var owner: [Int: Item] = [:]
        for node in nodes where !view.nodes[node].isHidden { owner[node] = .node(node) }
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

    /// The label of a value that no node of the block computes; none of what packs weights.
    private static func label(of source: FunctionView.Source, _ owner: [Int: Item], _ view: FunctionView) -> Item? {
        switch source {
        case .input(let index): .input(index)
        case .node(let node, let result) where owner[node] == nil && !view.nodes[node].isHidden: .outside(node: node, result: result)
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
                for (index, output) in view.outputs.enumerated() where output.source == .node(node, result: result) {
                    add(item, .output(index))
                }
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
