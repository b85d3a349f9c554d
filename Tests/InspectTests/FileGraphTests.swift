import Formats
import Foundation
import IR
import Testing

@testable import Inspect

/// Pictures of ONNX files from their own nodes.
@Suite struct FileGraphTests {
    private func node(_ op: String, _ name: String, _ inputs: [String], _ outputs: [String], domain: String = "") -> ONNXNode {
        ONNXNode(op, named: name, inputs: inputs, outputs: outputs, domain: domain)
    }

    /// An If whose else branch has an operator that nobody knows, and which reads `x` and the weight `w` from around it.
    private func model() -> ONNXModel {
        let floats = ONNXType.tensor(1, [.symbol("n"), .size(2)])
        let then = ONNXGraph(named: "t", nodes: [node("MatMul", "mm", ["x", "w"], ["a"])], inputs: [], outputs: [ONNXValueInfo("a", nil)])
        let other = ONNXGraph(
            named: "e", nodes: [node("Frob", "frob", ["x"], ["b"], domain: "org.example")], inputs: [], outputs: [ONNXValueInfo("b", nil)])
        let choice = ONNXNode(
            "If", named: "choice", inputs: ["c"], outputs: ["y"],
            attributes: [ONNXAttribute(name: "else_branch", value: .graph(other)), ONNXAttribute(name: "then_branch", value: .graph(then))])
        let graph = ONNXGraph(
            named: "g", nodes: [node("Relu", "relu", ["x0"], ["x"]), choice],
            inputs: [ONNXValueInfo("x0", floats), ONNXValueInfo("c", .tensor(9, []))], outputs: [ONNXValueInfo("y", floats)],
            initializers: [ONNXTensor(Tensor([1, 2, 3, 4] as [Float], [2, 2]), named: "w")])
        return ONNXModel(opset: 17, irVersion: 9, producer: "", producerVersion: "", graph: graph, metadata: [:])
    }

    @Test func bodiesReadWhatIsAroundThem() throws {
        let file = FileGraphs(model())
        #expect(file.names == ["main", "choice.then", "choice.else"])
        let main = file.views[0]
        #expect(main.nodes.map(\.op) == ["Relu", "If"])
        #expect(main.nodes[1].bodies == [.init(role: "then", function: "choice.then"), .init(role: "else", function: "choice.else")])
        // The condition, and x once for both bodies; the weight is the same one inside.
        #expect(main.operands[1] == [.input(1), .node(0, result: 0)])
        #expect(file.views[1].operands == [[.input(0), .constant("w")]])
        #expect(file.views[1].inputs.map(\.name) == ["x"] && file.views[1].isPrivate)
        #expect(main.outputs.map(\.source) == [.node(1, result: 0)] && main.outputs.first?.value.type == "float[n, 2]")
        #expect(file.initializers.map(\.key) == ["w"])
    }

    @Test func unsupportedNodesAreMarked() throws {
        let file = FileGraphs(model())
        #expect(file.views.map { $0.nodes.map(\.fault) } == [[nil, nil], [nil], ["not supported"]])
        let body = try file.dot(function: "choice.else").text
        #expect(body.contains("org.example.Frob\\nfrob\\nnot supported") && body.contains("color=red"))
        let main = try file.dot(style: .init(labelsEdges: true)).text
        #expect(main.contains("else: choice.else") && main.contains("n0 -> n1 [label=\"x\""))
        #expect(throws: WorkError.self) { try file.dot(function: "nothing") }
    }

    @Test func pageHasNodesAndWeights() throws {
        let model = model()
        var builder = PageBuilder(title: "m.onnx")
        builder.graphviz = Graphviz(path: "")
        let page = builder.data(of: FileGraphs(model), ONNXFileReport(model, problem: "no"))
        #expect(page.stage == "file" && page.metrics.isEmpty && page.weights.map(\.statistics.key) == ["w"])
        #expect(page.functions.map(\.name) == ["main", "choice.then", "choice.else"])
        #expect(page.functions[1].nodes[0].operands == ["i0", "w0"])
        #expect(page.functions[0].nodes[0].valueNames == ["x"])
        #expect(page.functions[2].nodes[0].fault == "not supported")
        #expect(page.notes.contains { $0.contains("org.example.Frob (1 node)") })
    }
}
