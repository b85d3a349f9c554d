import Formats
import IR
import Importers
import Passes
import Runtime
import TestSupport
import Testing

@testable import Inspect

/// What `inspect` shows of the ONNX file behind a node.
@Suite struct ONNXViewTests {
    private func model() throws -> ONNXModel {
        let stack = ProtobufBytes().text(1, "pkg.torch.onnx.stack_trace").text(2, "File a.py\n  line 1")
        let conv = ONNXBytes.node("Conv", ["x", "w", "b"], ["conv_out"], name: "conv_node", [ONNXBytes.attribute("kernel_shape", [1, 1])])
            .text(6, "the first layer").message(9, stack)
        let nodes = [conv, ONNXBytes.node("Relu", ["conv_out"], ["relu_out"], name: "act"), ONNXBytes.node("Neg", ["relu_out"], ["y"])]
        let graph = ONNXBytes.graph(
            nodes, inputs: [ONNXBytes.value("x", 1, ["1", "2", "3", "3"])], outputs: [ONNXBytes.value("y", 1, nil)],
            initializers: [ONNXBytes.floats("w", [1, 2, 3, 4], [2, 2, 1, 1]), ONNXBytes.floats("b", [1, 2], [2])])
        let own = ProtobufBytes().text(1, "F").text(4, "a").text(5, "r").text(8, "of its own").text(10, "org.example")
        let bytes = ONNXBytes.model(graph) + ProtobufBytes().message(25, own).bytes
        return try ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "m.onnx", keepsNotes: true)
    }

    /// Of a Concat of many inputs and with much metadata.
    @Test func pagesHaveABoundedShareOfEachNode() throws {
        let names = (0..<120).map { "x\($0)" }
        var node = ONNXBytes.node("Concat", names, ["y"], [ONNXBytes.attribute("axis", 0)]).text(6, String(repeating: "d", count: 3000))
        for index in 10..<40 { node = node.message(9, ProtobufBytes().text(1, "k\(index)").text(2, "v")) }
        let bytes = ONNXBytes.model(
            ONNXBytes.graph([node], inputs: names.map { ONNXBytes.value($0, 1, ["1"]) }, outputs: [ONNXBytes.value("y", 1, nil)]))
        let model = try ONNXModel(
            ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "m.onnx", keepsNotes: true)
        let (module, sources) = try ONNXImporter.importWithSources(model)
        let concat = try #require(module.function("main")?.nodes.last)
        let source = try #require(sources.source(of: concat.id, in: "main"))
        let (whole, brief) = (ONNXNodeView(source), ONNXNodeView(source).shortened)
        #expect(whole.inputs.count == 120 && whole.metadata.count == 30 && whole.leftOut == nil)
        #expect(brief.inputs.count == 100 && brief.metadata.keys.sorted() == (10..<26).map { "k\($0)" } && brief.leftOut == 34)
        #expect(brief.docString?.count == 2001 && brief.outputs == whole.outputs && brief.attributes == whole.attributes)
        let (views, left) = PageFunction.bounded([ONNXSourceNode](repeating: source, count: 20))
        #expect(views.count == 16 && left == 4)
        #expect(PageFunction.bounded([source]).leftOut == nil)
    }

    @Test func attributesAreShortTexts() {
        #expect(AttributeText.of(.string(Array("SAME".utf8))) == "\"SAME\"" && AttributeText.of(.floats([1, 0.5])) == "[1.0, 0.5]")
        #expect(AttributeText.of(.string([UInt8](repeating: 97, count: 500))).count < 210)
        #expect(AttributeText.of(.tensor(ONNXTensor(Tensor([1, 2], [2]), named: "t"))) == "float[2] [1, 2]")
        var elsewhere = ONNXTensor(Tensor([1, 2], [2]), named: "t")
        elsewhere.data = .external(location: "w.bin", offset: 0, length: nil)
        #expect(AttributeText.of(.tensor(elsewhere)) == "float[2]")
        #expect(AttributeText.of(ONNXAttribute.Value.ints([Int](0..<20))).hasSuffix("15, … 20 in all]"))
    }

    private func lowered() throws -> (module: Module, onnx: ONNXOrigins) {
        let (module, sources) = try ONNXImporter.importWithSources(model())
        var options = PassOptions()
        options.recordsOrigins = true
        let result = try PassManager.run(module, [.clean, Plan.pipeline], options)
        return (result.module, ONNXOrigins(sources, result.origins))
    }

    @Test func aFusedNodeLeadsToItsONNXNodes() throws {
        let (module, onnx) = try lowered()
        let view = try NodeView(of: module, matching: "conv_node", onnx: onnx)
        let line = try #require(view.lines.last { $0.onnx?.count == 2 }, "\(view.text { $0 })")
        #expect(line.onnx?.map(\.title) == ["Conv 'conv_node'", "Relu 'act'"])
        let conv = try #require(line.onnx?.first)
        #expect(conv.inputs.map(\.role) == ["X", "W", "B"] && conv.inputs.map(\.name) == ["x", "w", "b"])
        #expect(conv.outputs == [ONNXNodeView.Port(role: "Y", name: "conv_out")])
        #expect(conv.attributes.first == ONNXNodeView.Attribute(name: "kernel_shape", value: "[1, 1]", isDefault: false))
        #expect(conv.attributes.contains(ONNXNodeView.Attribute(name: "group", value: "1", isDefault: true)))
        #expect(conv.docString == "the first layer" && conv.metadata.count == 1 && conv.page?.hasSuffix("onnx__Conv.html") == true)
    }

    @Test func nodesAreFoundByNamesOfTheFile() throws {
        let (module, sources) = try ONNXImporter.importWithSources(model())
        let onnx = ONNXOrigins(sources)
        func found(_ pattern: String) throws -> [String] {
            try NodeView(of: module, matching: pattern, onnx: onnx).lines.map(\.op)
        }
        #expect(try found("relu_out") == ["relu"] && found("act") == ["relu"] && found("op:Relu") == ["relu"])
        #expect(try found("conv_out").contains("conv") && found("*_out").contains("relu"))
        // Read by it, computed by nothing.
        #expect(try found("b").contains("conv") && found("b").contains("relu") == false)
        #expect(throws: WorkError.self) { try NodeView(of: module, matching: "relu_outs", onnx: onnx) }
        #expect(try NodeView(of: module, matching: "act", onnx: onnx).lines[0].valueNames == ["relu_out"])
        #expect(try NodeView(of: module, matching: "act").lines[0].onnx == nil)
    }

    @Test func textSaysRolesAndWhereItCameFrom() throws {
        let (module, sources) = try ONNXImporter.importWithSources(model())
        let view = try NodeView(of: module, matching: "conv_node", onnx: ONNXOrigins(sources))
        let brief = view.text { $0 }
        #expect(brief.contains("ONNX Conv 'conv_node', ai.onnx 17") && brief.contains("kernel_shape=[1, 1]"), "\(brief)")
        #expect(brief.contains("group=1 (default)") && brief.contains("in   W  w") && brief.contains("File a.py line 1"), "\(brief)")
        let whole = view.text(isVerbose: true) { $0 }
        #expect(whole.contains("pkg.torch.onnx.stack_trace:\n") && whole.contains("  line 1\n"), "\(whole)")
    }

    @Test func reportsListFunctions() throws {
        let model = try model()
        let report = ONNXFileReport(model)
        #expect(report.functions.map(\.text) == ["org.example.F(a) -> r, 0 nodes: of its own"])
        let module = try ONNXImporter.importModel(model)
        let facts = try ModelReport(module, of: module, files: []).facts
        #expect(facts.contains(["functions", "org.example.F(a) -> r, 0 nodes: of its own"]), "\(facts)")
    }

    @Test func portsSayWhatTheyStandFor() {
        let port = ModelReport.Port(name: "x", type: "f32[1, 3]", about: "a photo", denotations: ["IMAGE", "DATA_BATCH", ""])
        #expect(port.remarks == "IMAGE [DATA_BATCH, ?]  a photo")
        #expect(ModelReport.Port(name: "x", type: "f32").remarks.isEmpty)
    }

    @Test func thePageHasNamesAndNodesOfTheFile() throws {
        let (module, onnx) = try lowered()
        var builder = PageBuilder(title: "m.onnx")
        builder.graphviz = Graphviz(path: "")
        builder.onnx = onnx
        let page = try builder.data(of: module, ModelReport(module, of: module, files: []))
        let nodes = page.functions.flatMap(\.nodes)
        #expect(nodes.contains { $0.onnx?.map(\.title) == ["Conv 'conv_node'", "Relu 'act'"] })
        #expect(nodes.last?.valueNames == ["y"], "\(nodes.map { "\($0.name) \($0.op) \($0.valueNames ?? [])" })")
    }
}
