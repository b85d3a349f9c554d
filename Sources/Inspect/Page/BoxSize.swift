/// How large the boxes of pictures are, in points, for what `page.js` writes into them.
enum BoxSize {
    private static let perCharacter = 7.2
    private static let widestText = 260.0
    private static let padding = 24.0
    /// Of what stands for a value or reader outside; nodes and blocks are higher.
    static let labelHeight = 24
    /// Widths are multiples of this, so that blocks that differ in a digit share a layout.
    private static let step = 12.0

    /// As long as what blocks say of their content.
    private static let content = "123 nodes, 4 blocks"

    /// - Parameter title: in larger letters than `texts`.
    private static func width(_ texts: [String], title: String = "") -> Int {
        let longest = max(Double(texts.map(\.count).max() ?? 0), Double(title.count) * 1.15)
        return Int(((min(longest * perCharacter, widestText) + padding) / step).rounded(.up) * step)
    }

    static func shape(of picture: BlockGraph, in view: FunctionView) -> BlockLayouts.Shape {
        BlockLayouts.Shape(boxes: picture.items.map { size(of: $0, view) }, arrows: picture.arrows)
    }

    private static func size(of item: BlockGraph.Item, _ view: FunctionView) -> BlockLayouts.Shape.Size {
        switch item {
        case .node(let index):
            let node = view.nodes[index]
            let bodies = node.bodies.map(\.role).joined(separator: ", ")
            let last = node.fault ?? (bodies.isEmpty ? node.results.first?.type ?? "" : "> \(bodies) (1 fault)")
            return .init(width: width([shortName(node.name), last], title: node.op), height: 52)
        case .group(let index):
            let block = view.tree.blocks[index]
            let isNumber = block.title.allSatisfy(\.isNumber)
            return .init(width: width([BoxSize.content], title: isNumber ? shortName(block.path) : block.title), height: 56)
        case .outside(let node, _), .reader(let node): return label(shortName(view.nodes[node].name))
        case .input(let index): return label(view.inputs[index].name)
        case .output(let index): return label(view.outputs[index].value.name)
        }
    }

    private static func label(_ text: String) -> BlockLayouts.Shape.Size { .init(width: width([text]), height: labelHeight) }

    /// The last two parts of `encoder.0.attn.qkv` or `/layer/0/attn/MatMul`.
    static func shortName(_ name: String) -> String {
        let parts = name.split { $0 == "." || $0 == "/" }
        return parts.suffix(2).joined(separator: ".")
    }
}
