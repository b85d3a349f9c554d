import IR

/// A function of a page while it is made.
struct PageFunction {
    let graph: Graph
    let nodes: [PageData.Node]
    /// Why nodes have no costs; nil if they have.
    let costProblem: String?
    private let view: FunctionView
    private let sizes: Binding
    private let cost: CallCost?
    private let live: PageData.Memory?
    private let pictures: PagePictures

    init(_ graph: Graph, _ builder: PageBuilder, _ weights: PageWeights, sizes: Binding, layouts: inout BlockLayouts) {
        let view = FunctionView(graph, builder.onnx?.naming)
        (self.graph, self.view, self.sizes) = (graph, view, sizes)
        let costs: FunctionCosts?
        do {
            costs = try FunctionCosts(graph, sizes)
            costProblem = nil
        } catch {
            (costs, costProblem) = (nil, CostProblem.text(error, graph, sizes))
        }
        cost = costs.flatMap { try? CallCost(graph, $0) }
        live = costs.flatMap { costs in (try? LiveBytes(graph, costs)).flatMap { PageData.Memory($0, graph, costs.types) } }
        let measured = MeasuredNodes(graph, costs, builder)
        nodes = graph.nodes.enumerated().map { index, node in
            let cost = costs?.nodes[index]
            var made = PageData.Node(
                index, view, attributes: node.op.attributes.sorted { $0.key < $1.key }.map { [$0.key, AttributeText.of($0.value)] }, weights
            )
            (made.flops, made.bytes) = (PageData.short(cost?.flops), PageData.short(cost?.bytes))
            made.milliseconds = PageData.short(measured.seconds[index].map { $0 * 1000 })
            made.error = PageData.short(measured.errors[index])
            made.bound = builder.peaks.flatMap { peaks in cost.map { $0.bound(on: peaks).rawValue } }
            let sources = builder.origins.map { $0.sources(of: node, in: graph.name) }
            made.sources = sources.flatMap { PageFunction.isItself($0, node) ? nil : $0 }
            made.onnx = PageFunction.onnx(node, graph, builder)
            return made
        }
        pictures = PagePictures(view, layouts: &layouts)
    }

    private static func onnx(_ node: Node, _ graph: Graph, _ builder: PageBuilder) -> [ONNXNodeView]? {
        guard let sources = builder.onnx?.nodes(behind: node, in: graph.name), !sources.isEmpty else { return nil }
        return sources.map { ONNXNodeView($0).shortened }
    }

    private static func isItself(_ sources: [String], _ node: Node) -> Bool { sources == ["\(node.opName) '\(node.name)'"] }

    /// - Parameters:
    ///   - report: what the model's report says of the function.
    ///   - layouts: the place on the page of each layout that is wanted, -1 for those that are not there.
    func data(_ report: ModelReport.Function?, layouts: [Int], memory: PageData.Memory?) -> PageData.Function {
        PageData.Function(
            view, about: report?.about.map(DocText.line), sizes: ModelReport.text(of: sizes).replacing(" ", with: ", "),
            facts: facts + PageFunction.docs(report), nodes: nodes, groups: pictures.groups(layouts), memory: memory ?? live)
    }

    /// What the file says of inputs and outputs.
    private static func docs(_ report: ModelReport.Function?) -> [[String]] {
        ((report?.inputs ?? []) + (report?.outputs ?? [])).compactMap { port in port.remarks.isEmpty ? nil : [port.name, port.remarks] }
    }

    private var facts: [[String]] {
        var facts = [["nodes", "\(nodes.count)"]]
        if let costProblem { facts.append(["work", "unknown: \(costProblem)"]) }
        if let cost { facts += [["work", Human.flops(cost.flops)], ["working memory", Human.bytes(cost.workingBytes)]] }
        return facts
    }
}

extension PageData.Node {
    /// Without numbers.
    init(_ index: Int, _ view: FunctionView, attributes: [[String]], _ weights: PageWeights) {
        let node = view.nodes[index]
        self.init(
            name: node.name, op: node.op, operands: view.operands[index].map { PageData.reference($0, weights) },
            results: node.results.map(\.type), valueNames: node.fileNames.contains { $0 != nil } ? node.fileNames : nil,
            calls: node.bodies.isEmpty ? nil : node.bodies.map { [$0.role, $0.function] }, fault: node.fault, attributes: attributes)
    }
}

extension PageData.Function {
    init(
        _ view: FunctionView, about: String?, sizes: String, facts: [[String]], nodes: [PageData.Node], groups: [PageData.Group],
        memory: PageData.Memory?
    ) {
        self.init(
            name: view.name, about: about, sizes: sizes, isPrivate: view.isPrivate,
            inputs: view.inputs.map { PageData.Port(name: $0.name, type: $0.type) },
            outputs: view.outputs.map {
                PageData.Output(name: $0.value.name, type: $0.value.type, from: PageData.reference($0.source, nil))
            }, facts: facts, nodes: nodes, groups: groups, memory: memory)
    }
}

extension PageData {
    /// - Parameter weights: nil where constants need no reference.
    fileprivate static func reference(_ source: FunctionView.Source, _ weights: PageWeights?) -> String {
        switch source {
        case .node(let node, let result): "n\(node).\(result)"
        case .input(let index): "i\(index)"
        case .constant(let key): weights?.index(of: key).map { "w\($0)" } ?? ""
        case .absent: ""
        }
    }
}

/// Measured numbers by node. Several nodes may have one name: times are given to the one of most work, errors to the last.
private struct MeasuredNodes {
    var seconds: [Double?]
    var errors: [Double?]

    init(_ graph: Graph, _ costs: FunctionCosts?, _ builder: PageBuilder) {
        seconds = graph.nodes.map { _ in nil }
        errors = seconds
        let (times, differences) = (builder.metrics.seconds[graph.name] ?? [:], builder.metrics.errors[graph.name] ?? [:])
        if times.isEmpty, differences.isEmpty { return }
        var places: [String: [Int]] = [:]
        for (index, node) in graph.nodes.enumerated() { places[node.name, default: []].append(index) }
        for (name, indices) in places {
            func work(_ index: Int) -> Double { costs?.nodes[index]?.flops ?? 0 }
            if let time = times[name], let place = indices.max(by: { work($0) < work($1) }) { seconds[place] = time }
            if let error = differences[name], let last = indices.last { errors[last] = error }
        }
    }
}
