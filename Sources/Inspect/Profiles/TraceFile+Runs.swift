extension TraceFile {
    /// Runs one after the other on two tracks: blocks in each other as names of nodes have them, and nodes.
    /// - Parameter profile: of the same runs.
    package init(_ recorder: StepRecorder, _ profile: RunProfile) {
        self.init("tessera \(profile.model)")
        addTrack(1, "blocks")
        addTrack(2, "nodes")
        let nodes = Dictionary(profile.nodes.map { ([$0.function, "\($0.number)", $0.name], $0) }) { first, _ in first }
        let trees = recorder.places.map { (tree: BlockTree($0.names), places: $0) }
        for (number, run) in recorder.runs.enumerated() {
            add("run \(number + 1)", "run", track: 1, start: run.start, length: run.end - run.start)
            for call in run.calls { add(call.function, "function", track: 1, start: call.start, length: call.end - call.start) }
            addBlocks(run, trees)
            for step in run.steps {
                let places = recorder.places[step.call]
                let key = [places.function, "\(min(step.place, places.nodeCount))", places.names[step.place]]
                add(
                    places.names[step.place], places.ops[step.place], track: 2, start: step.start, length: step.length,
                    TraceFile.arguments(step, places, nodes[key]))
            }
        }
    }

    private static func arguments(_ step: StepRecorder.Step, _ places: Places, _ node: RunProfile.Node?) -> [String: Argument] {
        var arguments: [String: Argument] = [
            "node": .text(places.names[step.place]), "operator": .text(places.ops[step.place]), "kernel": .text(step.kernel),
            "function": .text(places.function),
        ]
        guard let node, node.figures.flops > 0 || node.figures.bytes > 0 else { return arguments }
        (arguments["flops"], arguments["bytes"]) = (.number(node.figures.flops), .number(node.figures.bytes))
        if let bound = node.bound { arguments["bound"] = .text(bound.rawValue) }
        return arguments
    }

    /// An event for each stretch of steps in one block, the blocks around it included.
    private mutating func addBlocks(_ run: StepRecorder.Run, _ trees: [(tree: BlockTree, places: Places)]) {
        var open: [(call: Int, block: Int, start: UInt64)] = []
        var end: UInt64 = 0
        func path(_ step: StepRecorder.Step) -> [Int] {
            let tree = trees[step.call].tree
            var (path, block) = ([Int](), tree.blockOfNode[step.place])
            while block >= 0, tree.blocks[block].parent >= 0 {
                path.append(block)
                block = tree.blocks[block].parent
            }
            return path.reversed()
        }
        func close(to depth: Int, _ file: inout TraceFile) {
            while open.count > depth, let last = open.popLast() {
                let block = trees[last.call].tree.blocks[last.block]
                file.add(
                    block.path, "block", track: 1, start: last.start, length: max(end, last.start) - last.start,
                    ["title": .text(block.title)])
            }
        }
        for step in run.steps.sorted(by: { ($0.start, $1.length) < ($1.start, $0.length) }) {
            let path = path(step)
            var shared = 0
            while shared < min(path.count, open.count), open[shared].block == path[shared], open[shared].call == step.call { shared += 1 }
            close(to: shared, &self)
            for block in path.dropFirst(shared) { open.append((step.call, block, step.start)) }
            end = max(end, step.start + step.length)
        }
        close(to: 0, &self)
    }
}
