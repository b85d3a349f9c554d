/// The pictures of a function's blocks while a page is made.
struct PagePictures {
    private let view: FunctionView
    private let pictures: [Picture?]

    private struct Picture {
        let items: [String]
        /// Number of its layout among all that are wanted.
        let layout: Int
    }

    init(_ view: FunctionView, layouts: inout BlockLayouts) {
        self.view = view
        pictures = view.tree.blocks.indices.map { block in
            guard let picture = BlockGraph.picture(of: block, in: view) else { return nil }
            return Picture(items: picture.items.map(PagePictures.text), layout: layouts.add(BoxSize.shape(of: picture, in: view)))
        }
    }

    private static func text(_ item: BlockGraph.Item) -> String {
        switch item {
        case .node(let index): "n\(index)"
        case .group(let index): "g\(index)"
        case .outside(let node, let result): "x:n\(node).\(result)"
        case .reader(let node): "x>:n\(node)"
        case .input(let index): "i\(index)"
        case .output(let index): "o\(index)"
        }
    }

    /// - Parameter layouts: the place on the page of each layout that is wanted, -1 for those that are not there.
    func groups(_ layouts: [Int]) -> [PageData.Group] {
        view.tree.blocks.enumerated().map { index, block in
            let layout = pictures[index].map { layouts[$0.layout] } ?? -1
            return PageData.Group(
                path: block.path, title: index == 0 ? view.name : block.title, parent: block.parent, nodes: block.nodes,
                children: block.children, layout: layout, items: layout < 0 ? [] : pictures[index]?.items ?? [])
        }
    }
}

/// The layouts of a page.
struct PageLayouts {
    let down: [PageData.Layout]
    /// In the order of ``down``; nil for those that are not there.
    let right: [PageData.Layout?]
    /// The place in ``down`` of each layout that was wanted; -1 for the others.
    let places: [Int]

    init(_ drawn: BlockLayouts.Drawn) {
        let there = drawn.down.indices.filter { drawn.down[$0] != nil }
        down = there.compactMap { drawn.down[$0] }
        right = there.map { drawn.right[$0] }
        var places = [Int](repeating: -1, count: drawn.down.count)
        for (place, index) in there.enumerated() { places[index] = place }
        self.places = places
    }

    /// What a page says of pictures that it does not have; nil where all are there.
    func note(_ graphviz: Graphviz) -> String? {
        if !graphviz.isThere { return "blocks are lists, not pictures: there is no program 'dot' here (Debian package graphviz)" }
        let lacking = places.count { $0 < 0 }
        return lacking > 0 ? "\(lacking) of \(places.count) pictures could not be laid out in time; their blocks are lists" : nil
    }
}
