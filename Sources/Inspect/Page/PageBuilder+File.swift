import Formats
import IR

extension PageBuilder {
    /// The page of an ONNX file as its own nodes have it, without work and memory, which only imported models tell.
    package func data(of file: FileGraphs, _ report: ONNXFileReport) -> PageData {
        let constants = file.initializers.compactMap { PageBuilder.constant($0.key, $0.tensor, report.files.first?.path ?? "") }
        let weights = PageWeights(constants, mostNumbers: mostNumbers) { progress(0.7 * $0, "weights") }
        var layouts = BlockLayouts()
        let pictures = file.views.map { PagePictures($0, layouts: &layouts) }
        progress(0.75, "pictures")
        let drawn = PageLayouts(layouts.drawn(with: graphviz))
        progress(0.95, "writing")
        let functions = zip(zip(file.views, file.attributes), pictures).map { pair, pictures in
            let (view, attributes) = pair
            let nodes = view.nodes.indices.map { PageData.Node($0, view, attributes: attributes[$0], weights) }
            return PageData.Function(
                view, about: nil, sizes: "", facts: [["nodes", "\(nodes.count)"]], nodes: nodes, groups: pictures.groups(drawn.places),
                memory: nil)
        }
        return PageData(
            title: title, stage: "file", summary: PageBuilder.joined(report.rows),
            notes: PageBuilder.notes(report) + weights.notes + [drawn.note(graphviz)].compactMap { $0 },
            metrics: [], ops: [:], weights: weights.list, layouts: drawn.down, layoutsRight: drawn.right, functions: functions)
    }

    private static func notes(_ report: ONNXFileReport) -> [String] {
        let missing = report.operators.filter { !$0.isSupported }
        if missing.isEmpty { return report.problem.map { ["the file cannot be imported: \(DocText.line($0))"] } ?? [] }
        let list = missing.map { "\(DocText.line($0.name)) (\($0.nodes) node\($0.nodes == 1 ? "" : "s"))" }.joined(separator: ", ")
        return ["the file cannot be imported: operators that are not supported, marked in the pictures: \(list)"]
    }

    /// Without its numbers where these cannot be read; nil where its type has no counterpart here.
    private static func constant(_ key: String, _ tensor: ONNXTensor, _ file: String) -> Constant? {
        if let value = try? tensor.value(file: file) { return Constant(key: key, value) }
        guard let dtype = DType(onnx: tensor.elementType), tensor.shape.allSatisfy({ $0 >= 0 }) else { return nil }
        return Constant(key: key, type: TensorType(dtype, tensor.shape.map { Dim($0) }), bytes: nil)
    }
}
