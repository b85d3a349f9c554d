import Formats
import IR
import Importers

extension LintReport {
    /// Of an ONNX file, whether or not it can be imported.
    /// - Parameters:
    ///   - warnings: those of the importer.
    ///   - readsNumbers: whether to look for numbers that are not finite, in all initializers.
    ///   - onProgress: is told the share that is done and the next tensor; may throw to stop.
    /// - Throws: what `onProgress` throws.
    package init(
        _ model: ONNXModel, warnings: [String] = [], readsNumbers: Bool = false,
        onProgress: (Double, String) throws -> Void = { _, _ in }
    ) throws {
        var walk = ONNXLintWalk(model)
        walk.lookAtAll()
        // What cannot be read is for the importer to tell.
        let constants = walk.initializers.compactMap { try? $0.stored(file: model.file) }
        self.init(
            model: model.graph.name.isEmpty ? "onnx" : model.graph.name,
            findings: [
                Finding(.unusedInitializers, walk.unusedInitializers), Finding(.duplicateInitializers, RepeatedTensors(constants).items),
                Finding(.deadNodes, walk.deadNodes), Finding(.unusedInputs, walk.unusedInputs),
                Finding(.repeatedNodeNames, walk.repeatedNodes), Finding(.repeatedValueNames, walk.repeatedValues),
                Finding(.missingValues, walk.missingValues), Finding(.unorderedNodes, walk.unorderedNodes),
                Finding(.oldOpset, walk.oldOperators), Finding(.undeclaredDomains, walk.undeclaredDomains),
                Finding(.unusedDomains, walk.unusedDomains), Finding(.warnings, warnings.map { Item($0) }),
                readsNumbers ? Finding(.notFinite, try StrangeTensors.items(constants, onProgress: onProgress)) : nil,
            ].compactMap { $0 }, bytes: constants.reduce(0) { saturatingAdd($0, $1.bytes?.count ?? 0) })
    }
}

/// What a walk over the graphs of an ONNX file finds.
struct ONNXLintWalk {
    private let model: ONNXModel
    /// Those that results depend on, of bodies too.
    private(set) var initializers: [ONNXTensor] = []
    private(set) var unusedInitializers: [LintReport.Item] = []
    private(set) var deadNodes: [LintReport.Item] = []
    private(set) var unusedInputs: [LintReport.Item] = []
    private(set) var repeatedValues: [LintReport.Item] = []
    private(set) var missingValues: [LintReport.Item] = []
    private(set) var unorderedNodes: [LintReport.Item] = []
    private var nodeNames: [String: Int] = [:]
    private var usedDomains: Set<String> = []
    /// `domain:name` of the functions of the model's own.
    private let functions: Set<String>
    /// Nodes by the operator that the opset lacks.
    private var tooNew: [String: (detail: String, nodes: Int)] = [:]

    init(_ model: ONNXModel) {
        self.model = model
        functions = Set(model.functions.map { "\($0.domain):\($0.name)" })
    }

    mutating func lookAtAll() {
        look(at: model.graph, seen: [], opsets: model.opsets, isBody: false)
        for function in model.functions {
            let opsets = function.opsets.merging(model.opsets) { own, _ in own }
            let body = ONNXGraph(of: function)
            look(at: body, seen: [], opsets: opsets, isBody: true)
        }
    }

    var repeatedNodes: [LintReport.Item] {
        nodeNames.filter { $0.value > 1 }.sorted { KeyOrder.precedes($0.key, $1.key) }.map { LintReport.Item($0.key, "\($0.value) nodes") }
    }

    var oldOperators: [LintReport.Item] {
        tooNew.sorted { $0.key < $1.key }.map { name, one in
            LintReport.Item(name, "\(one.nodes) node\(one.nodes == 1 ? "" : "s"), \(one.detail)")
        }
    }

    var undeclaredDomains: [LintReport.Item] {
        let known = model.functions.reduce(into: Set(model.opsets.keys)) { $0.formUnion($1.opsets.keys) }
        return usedDomains.subtracting(known).sorted().map { LintReport.Item($0.isEmpty ? "ai.onnx" : $0) }
    }

    var unusedDomains: [LintReport.Item] {
        Set(model.opsets.keys).subtracting(usedDomains).sorted().map {
            LintReport.Item($0.isEmpty ? "ai.onnx" : $0, "version \(model.opsets[$0] ?? 1)")
        }
    }

    /// - Parameters:
    ///   - seen: names that are visible from around, of each graph around it.
    ///   - isBody: of a node or a function, whose inputs are what the caller hands on.
    private mutating func look(at graph: ONNXGraph, seen: [Set<String>], opsets: [String: Int], isBody: Bool) {
        let live = graph.liveNodes
        var read = Set(graph.outputs.map(\.name))
        for node in live { node.collectReads(into: &read) }
        let isLive = Set(live.flatMap(\.outputs).filter { !$0.isEmpty })
        deadNodes += graph.nodes.filter { node in !node.outputs.contains { isLive.contains($0) } }.map {
            LintReport.Item($0.title, $0.domain.isEmpty ? $0.opType : "\($0.domain).\($0.opType)")
        }
        lookAtInitializers(of: graph, read)
        if !isBody {
            let held = Set(graph.initializers.map(\.name) + graph.sparseInitializers.map(\.values.name))
            unusedInputs += graph.inputs.filter { !read.contains($0.name) && !held.contains($0.name) }.map {
                LintReport.Item($0.name, $0.type?.text)
            }
        }
        let names = lookAtNames(of: graph, seen)
        for node in graph.nodes { look(at: node, seen: seen + [names], opsets) }
    }

    private mutating func lookAtInitializers(of graph: ONNXGraph, _ read: Set<String>) {
        for tensor in graph.initializers {
            if read.contains(tensor.name) {
                initializers.append(tensor)
            } else {
                let type = "\(DType.onnxName(tensor.elementType))\(tensor.shape)"
                unusedInitializers.append(LintReport.Item(tensor.name, type, bytes: tensor.storedBytes))
            }
        }
        for tensor in graph.sparseInitializers where !read.contains(tensor.values.name) {
            unusedInitializers.append(LintReport.Item(tensor.values.name, "sparse", bytes: tensor.values.storedBytes))
        }
    }

    /// What names stand for; gives those of the graph.
    private mutating func lookAtNames(of graph: ONNXGraph, _ seen: [Set<String>]) -> Set<String> {
        // An input may have an initializer of its name, which is its default.
        let given = Set(graph.inputs.map(\.name)).union(graph.initializers.map(\.name)).union(graph.sparseInitializers.map(\.values.name))
        var owners = given.reduce(into: [String: String]()) { $0[$1] = "the graph's inputs and initializers" }
        for list in [graph.inputs.map(\.name), graph.initializers.map(\.name)] {
            var own: Set<String> = []
            repeatedValues += list.filter { !own.insert($0).inserted }.map { LintReport.Item($0, "several inputs or initializers") }
        }
        for node in graph.nodes {
            for output in node.outputs where !output.isEmpty {
                if let other = owners[output] { repeatedValues.append(LintReport.Item(output, "of '\(node.title)' and of \(other)")) }
                owners[output] = "'\(node.title)'"
            }
            if !node.name.isEmpty { nodeNames[node.name, default: 0] += 1 }
        }
        let names = Set(owners.keys)
        lookAtOrder(of: graph, given, names, seen)
        return names
    }

    /// Whether nodes read what is there already.
    /// - Parameters:
    ///   - given: inputs and initializers.
    ///   - names: all names of the graph.
    private mutating func lookAtOrder(of graph: ONNXGraph, _ given: Set<String>, _ names: Set<String>, _ seen: [Set<String>]) {
        var known = given
        func isAround(_ name: String) -> Bool { seen.contains { $0.contains(name) } }
        for node in graph.nodes {
            for input in node.inputs where !input.isEmpty && !known.contains(input) {
                if names.contains(input) {
                    unorderedNodes.append(LintReport.Item(node.title, "reads '\(input)'"))
                } else if !isAround(input) {
                    missingValues.append(LintReport.Item(input, "read by '\(node.title)'"))
                }
            }
            known.formUnion(node.outputs)
        }
        let missing = graph.outputs.filter { !names.contains($0.name) && !isAround($0.name) }
        missingValues += missing.map { LintReport.Item($0.name, "an output of the graph") }
    }

    private mutating func look(at node: ONNXNode, seen: [Set<String>], _ opsets: [String: Int]) {
        let isOwn = functions.contains("\(node.domain):\(node.opType)")
        usedDomains.insert(node.domain)
        let (version, first) = (opsets[node.domain] ?? 1, ONNXIntroductions.version(of: node.opType))
        if node.domain.isEmpty, !isOwn, version < first {
            let nodes = tooNew[node.opType]?.nodes ?? 0
            tooNew[node.opType] = ("from version \(first) of the operator set on; the file declares \(version)", nodes + 1)
        }
        for attribute in node.attributes {
            switch attribute.value {
            case .graph(let body): look(at: body, seen: seen, opsets: opsets, isBody: true)
            case .graphs(let bodies): for body in bodies { look(at: body, seen: seen, opsets: opsets, isBody: true) }
            default: break
            }
        }
    }
}
