import Foundation
import Synchronization

/// Lays pictures out with Graphviz, those of one structure once.
package struct BlockLayouts {
    /// A picture without what stands in it: sizes of boxes in points, and arrows.
    struct Shape: Hashable {
        let boxes: [Size]
        let arrows: [BlockGraph.Arrow]

        struct Size: Hashable {
            let width, height: Int
        }
    }

    /// Where arrows lead.
    enum Direction: String, CaseIterable {
        case down = "TB"
        case right = "LR"
    }

    /// The layouts of all shapes in each direction, nil for those that `dot` has not drawn.
    struct Drawn {
        fileprivate(set) var down, right: [PageData.Layout?]
    }

    private var known: [Shape: Int] = [:]
    private(set) var shapes: [Shape] = []

    /// The number of `shape`, which it has in ``drawn(with:)`` too.
    mutating func add(_ shape: Shape) -> Int {
        if let index = known[shape] { return index }
        known[shape] = shapes.count
        shapes.append(shape)
        return shapes.count - 1
    }

    /// Processes that run at the same time.
    private static let mostProcesses = 4

    func drawn(with graphviz: Graphviz) -> Drawn {
        let none = [PageData.Layout?](repeating: nil, count: shapes.count)
        guard graphviz.isThere, !shapes.isEmpty else { return Drawn(down: none, right: none) }
        return Drawn(down: drawn(.down, with: graphviz), right: drawn(.right, with: graphviz))
    }

    private func drawn(_ direction: Direction, with graphviz: Graphviz) -> [PageData.Layout?] {
        let workers = min(shapes.count, BlockLayouts.mostProcesses, ProcessInfo.processInfo.activeProcessorCount)
        let made = Mutex<[Int: PageData.Layout]>([:])
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            let own = stride(from: worker, to: shapes.count, by: workers).map { $0 }
            let layouts = PlainLayouts.read(graphviz.plain(own.map { shapes[$0].dot(direction) }.joined()))
            // One graph after the other, so that those after one that takes too long are lacking.
            for (index, layout) in zip(own, layouts) where layout.boxes.count == shapes[index].boxes.count {
                made.withLock { $0[index] = layout }
            }
        }
        let table = made.withLock { $0 }
        return shapes.indices.map { table[$0] }
    }
}

extension BlockLayouts.Shape {
    /// As text for `dot`. Boxes are numbered: nothing of a model's own text is in it. The limits keep crowded graphs from taking minutes.
    fileprivate func dot(_ direction: BlockLayouts.Direction) -> String {
        var text = """
            digraph { graph [rankdir=\(direction.rawValue), nodesep=0.3, ranksep=0.4, margin=0, nslimit=4, nslimit1=4, mclimit=1]
            node [shape=box, fixedsize=true, label=""] edge [dir=none]

            """
        for (index, box) in boxes.enumerated() {
            text += "b\(index) [width=\(Double(box.width) / 72), height=\(Double(box.height) / 72)]\n"
        }
        // What is computed one after the other stands in one line; labels give way.
        for arrow in arrows {
            let isMain = boxes[arrow.from].height > BoxSize.labelHeight && boxes[arrow.to].height > BoxSize.labelHeight
            text += "b\(arrow.from) -> b\(arrow.to)\(isMain ? " [weight=8]" : "")\n"
        }
        return text + "}\n"
    }
}
