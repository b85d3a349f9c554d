import IR

/// A function of a page while it is made.
struct PageFunction {
    let view: FunctionView
    let nodes: [PageData.Node]
    /// Why nodes have no costs; nil if they have.
    let costProblem: String?
    private let sizes: Binding
    private let cost: CallCost?
    private let live: PageData.Memory?
    private let pictures: [Picture?]

    private struct Picture {
        let items: [String]
        /// Number of its layout among all that are wanted.
        let layout: Int
    }

    init(_ graph: Graph, _ builder: PageBuilder, _ weights: PageWeights, sizes: Binding, layouts: inout BlockLayouts) {
        let view = FunctionView(graph)
        (self.view, self.sizes) = (view, sizes)
        let costs: FunctionCosts?
        do {
            costs = try FunctionCosts(graph, sizes)
            costProblem = nil
        } catch {
            (costs, costProblem) = (nil, CostProblem.text(error, graph, sizes))
        }
        cost = costs.flatMap { try? CallCost(graph, $0) }
        live = costs.flatMap { costs in (try? LiveBytes(graph, costs)).flatMap { PageData.Memory($0, view, costs.types) } }
        let measured = MeasuredNodes(view, costs, builder)
        nodes = view.nodes.indices.map { PageFunction.node($0, view, costs?.nodes[$0], measured, builder, weights) }
        pictures = view.tree.blocks.indices.map { block in
            guard let picture = BlockGraph.picture(of: block, in: view) else { return nil }
            return Picture(
                items: picture.items.map(PageFunction.text), layout: layouts.add(BoxSize.shape(of: picture, in: view)))
        }
    }

    private static func node(
        _ index: Int, _ view: FunctionView, _ cost: NodeCost?, _ measured: MeasuredNodes, _ builder: PageBuilder, _ weights: PageWeights
    ) -> PageData.Node {
        let node = view.nodes[index]
        let attributes = node.op.attributes.sorted { $0.key < $1.key }.map { [$0.key, AttributeText.of($0.value)] }
        return PageData.Node(
            name: node.name, op: node.opName, operands: view.operands[index].map { reference($0, weights) },
            results: node.outputs.indices.map { view.type(ofResult: $0, of: index) }, attributes: attributes,
            flops: PageData.short(cost?.flops), bytes: PageData.short(cost?.bytes),
            milliseconds: PageData.short(measured.seconds[index].map { $0 * 1000 }), error: PageData.short(measured.errors[index]),
            bound: builder.peaks.flatMap { peaks in cost.map { $0.bound(on: peaks).rawValue } },
            sources: builder.origins.map { $0.sources(of: node, in: view.graph.name) }.flatMap {
                PageFunction.isItself($0, node) ? nil : $0
            }, onnx: onnx(node, view, builder), valueNames: valueNames(node, view, builder))
    }

    private static func onnx(_ node: Node, _ view: FunctionView, _ builder: PageBuilder) -> [ONNXNodeView]? {
        guard let sources = builder.onnx?.nodes(behind: node, in: view.graph.name), !sources.isEmpty else { return nil }
        return sources.map { ONNXNodeView($0).shortened }
    }

    private static func valueNames(_ node: Node, _ view: FunctionView, _ builder: PageBuilder) -> [String?]? {
        guard let onnx = builder.onnx else { return nil }
        let names = node.outputs.map { onnx.valueName($0, in: view.graph.name) }
        return names.contains { $0 != nil } ? names : nil
    }

    private static func isItself(_ sources: [String], _ node: Node) -> Bool { sources == ["\(node.opName) '\(node.name)'"] }

    private static func reference(_ source: FunctionView.Source, _ weights: PageWeights) -> String {
        switch source {
        case .node(let node, let result): "n\(node).\(result)"
        case .input(let index): "i\(index)"
        case .constant(let key): weights.index(of: key).map { "w\($0)" } ?? ""
        case .absent: ""
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

    /// - Parameters:
    ///   - report: what the model's report says of the function.
    ///   - layouts: the place on the page of each layout that is wanted, -1 for those that are not there.
    func data(_ report: ModelReport.Function?, layouts: [Int], memory: PageData.Memory?) -> PageData.Function {
        let signature = view.graph.signature
        return PageData.Function(
            name: view.graph.name, about: report?.about.map(DocText.line), sizes: ModelReport.text(of: sizes).replacing(" ", with: ", "),
            isPrivate: view.graph.isPrivate, inputs: signature.inputs.map { PageData.Port(name: $0.name, type: "\($0.type)") },
            outputs: zip(signature.outputs, view.outputs).map { output, source in
                PageData.Output(name: output.name, type: "\(output.type)", from: PageFunction.plainReference(source))
            }, facts: facts + PageFunction.docs(report), nodes: nodes, groups: view.tree.blocks.indices.map { group($0, layouts) },
            memory: memory ?? live)
    }

    /// What the file says of inputs and outputs.
    private static func docs(_ report: ModelReport.Function?) -> [[String]] {
        ((report?.inputs ?? []) + (report?.outputs ?? [])).compactMap { port in port.remarks.isEmpty ? nil : [port.name, port.remarks] }
    }

    private static func plainReference(_ source: FunctionView.Source) -> String {
        switch source {
        case .node(let node, let result): "n\(node).\(result)"
        case .input(let index): "i\(index)"
        case .constant, .absent: ""
        }
    }

    private var facts: [[String]] {
        var facts = [["nodes", "\(nodes.count)"]]
        if let costProblem { facts.append(["work", "unknown: \(costProblem)"]) }
        if let cost { facts += [["work", Human.flops(cost.flops)], ["working memory", Human.bytes(cost.workingBytes)]] }
        return facts
    }

    private func group(_ index: Int, _ layouts: [Int]) -> PageData.Group {
        let block = view.tree.blocks[index]
        let layout = pictures[index].map { layouts[$0.layout] } ?? -1
        return PageData.Group(
            path: block.path, title: index == 0 ? view.graph.name : block.title, parent: block.parent, nodes: block.nodes,
            children: block.children, layout: layout, items: layout < 0 ? [] : pictures[index]?.items ?? [])
    }
}

/// Measured numbers by node. Several nodes may have one name: times are given to the one of most work, errors to the last.
private struct MeasuredNodes {
    var seconds: [Double?]
    var errors: [Double?]

    init(_ view: FunctionView, _ costs: FunctionCosts?, _ builder: PageBuilder) {
        seconds = view.nodes.map { _ in nil }
        errors = seconds
        let (times, differences) = (builder.metrics.seconds[view.graph.name] ?? [:], builder.metrics.errors[view.graph.name] ?? [:])
        if times.isEmpty, differences.isEmpty { return }
        var places: [String: [Int]] = [:]
        for (index, node) in view.nodes.enumerated() { places[node.name, default: []].append(index) }
        for (name, indices) in places {
            func work(_ index: Int) -> Double { costs?.nodes[index]?.flops ?? 0 }
            if let time = times[name], let place = indices.max(by: { work($0) < work($1) }) { seconds[place] = time }
            if let error = differences[name], let last = indices.last { errors[last] = error }
        }
    }
}
