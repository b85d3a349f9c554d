import Formats
import IR
import TestSupport
import Testing

@testable import Importers

/// What is known of the ONNX nodes and names behind an imported module.
@Suite struct ONNXSourceTests {
    /// relu(conv) whose result Identity hands on, and a function of the model's own.
    private func model() throws -> ONNXModel {
        let conv = ONNXBytes.node("Conv", ["x", "w", "b"], ["conv_out"], name: "conv", [ONNXBytes.attribute("kernel_shape", [1, 1])])
            .text(6, "the first layer").message(9, ProtobufBytes().text(1, "scope").text(2, "model/conv"))
        let nodes = [
            conv, ONNXBytes.node("Relu", ["conv_out"], ["relu_out"], name: "act"), ONNXBytes.node("Identity", ["relu_out"], ["same"]),
            ONNXBytes.node("Twice", ["same"], ["y"], domain: "org.example", name: "call", [ONNXBytes.attribute("axis", 3)]),
        ]
        let own = ProtobufBytes().text(1, "Twice").text(4, "a").text(5, "r").text(6, "axis").text(8, "doubles").text(10, "org.example")
            .message(7, ONNXBytes.node("Add", ["a", "a"], ["s"], name: "plus"))
            .message(
                7, ONNXBytes.node("Softmax", ["s"], ["r"], name: "norm", [ProtobufBytes().text(1, "axis").text(21, "axis").int(20, 2)])
            )
            .message(9, ProtobufBytes().int(2, 17))
        let x = ProtobufBytes().text(1, "x").message(
            2,
            ProtobufBytes().message(
                1,
                ProtobufBytes().int(1, 1).message(
                    2,
                    [1, 2, 3, 3].reduce(ProtobufBytes()) { made, size in
                        made.message(1, ProtobufBytes().int(1, size).text(3, size == 1 ? "DATA_BATCH" : ""))
                    })
            ).text(6, "IMAGE"))
        let graph = ONNXBytes.graph(
            nodes, inputs: [x], outputs: [ONNXBytes.value("y", 1, nil)],
            initializers: [ONNXBytes.floats("w", [1, 2, 3, 4], [2, 2, 1, 1]), ONNXBytes.floats("b", [1, 2], [2])])
        let bytes = ONNXBytes.model(graph, domains: ["org.example": 1]) + ProtobufBytes().message(25, own).bytes
        return try ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "m.onnx")
    }

    @Test func nodesAndValuesLeadToTheFile() throws {
        let (module, sources) = try ONNXImporter.importWithSources(model())
        let graph = try #require(module.function("main"))
        func node(_ op: String) throws -> Node { try #require(graph.nodes.first { $0.opName == op }) }
        let conv = try #require(sources.source(of: node("conv").id, in: "main"))
        #expect(conv.node.name == "conv" && conv.version == 17 && conv.functions.isEmpty)
        #expect(conv.node.doc == "the first layer" && conv.node.metadata == ["scope": "model/conv"])
        #expect(try sources.names(of: node("relu").outputs[0], in: "main") == ["relu_out", "same"])
        // What a function is written out to stands in it; its result has the name of where it is called first.
        let softmax = try #require(sources.source(of: node("softmax").id, in: "main"))
        #expect(softmax.node.name == "norm" && softmax.functions == ["org.example.Twice"] && softmax.opTitle == "Softmax")
        guard case .int(3)? = softmax.node.attributes.first?.value else { return #expect(Bool(false), "no axis") }
        #expect(try sources.names(of: node("softmax").outputs[0], in: "main") == ["y", "r"])
        #expect(sources.source(of: NodeID(index: 99), in: "main") == nil && sources.names(of: graph.inputs[0], in: "f").isEmpty)
    }

    @Test func functionsAndDenotationsAreFacts() throws {
        let module = try ONNXImporter.importModel(model())
        guard case .dictionary(let functions)? = module.metadata["onnx_functions"],
            case .dictionary(let twice)? = functions["org.example.Twice"]
        else { return #expect(Bool(false), "no functions") }
        #expect(twice["nodes"] == .int(2) && twice["doc_string"] == .string("doubles") && twice["inputs"] == .strings(["a"]))
        guard case .dictionary(let denotations)? = module.metadata["value_denotations"] else {
            return #expect(Bool(false), "no denotations")
        }
        #expect(denotations["x"] == .strings(["IMAGE", "DATA_BATCH", "", "", ""]))
    }

    @Test func bodiesHaveSourcesOfTheirOwn() throws {
        func branch(_ op: String) -> ProtobufBytes {
            ONNXBytes.graph([ONNXBytes.node(op, ["x"], ["r"], name: op.lowercased())], outputs: [ONNXBytes.value("r", 1, ["2"])])
        }
        let choice = ONNXBytes.node(
            "If", ["c"], ["y"], name: "choice",
            [ONNXBytes.attribute("then_branch", graph: branch("Neg")), ONNXBytes.attribute("else_branch", graph: branch("Abs"))])
        let bytes = ONNXBytes.model(
            ONNXBytes.graph(
                [choice], inputs: [ONNXBytes.value("c", 9, []), ONNXBytes.value("x", 1, ["2"])], outputs: [ONNXBytes.value("y", 1, nil)]))
        let model = try ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "m.onnx")
        let (module, sources) = try ONNXImporter.importWithSources(model)
        for (function, op) in [("choice.then", "Neg"), ("choice.else", "Abs")] {
            let node = try #require(module.function(function)?.nodes.first)
            #expect(sources.source(of: node.id, in: function)?.node.opType == op)
            #expect(sources.names(of: node.outputs[0], in: function) == ["r"])
        }
        let node = try #require(module.function("main")?.nodes.first)
        #expect(sources.source(of: node.id, in: "main")?.node.opType == "If")
    }

    @Test func operatorsHaveRolesAndDefaults() throws {
        let conv = try #require(ONNXOperatorSchema.find("", "Conv", 17))
        #expect((0..<4).map { conv.inputRole($0) } == ["X", "W", "B", nil] && conv.outputRole(0) == "Y")
        #expect(conv.attributes.first { $0.name == "group" }?.standard == "1")
        #expect(conv.attributes.first { $0.name == "pads" }?.standard == nil)
        #expect(ONNXOperatorSchema.find("", "Concat", 13)?.inputRole(2) == "inputs[2]")
        #expect(ONNXOperatorSchema.find("", "Cast", 13)?.attributes.first { $0.name == "to" }?.isRequired == true)
        // Versions differ: axes became an input.
        #expect(ONNXOperatorSchema.find("", "Squeeze", 11)?.inputRole(1) == nil)
        #expect(ONNXOperatorSchema.find("", "Squeeze", 13)?.inputRole(1) == "axes")
        #expect(ONNXOperatorSchema.find("com.microsoft", "FusedConv", 1)?.inputRole(3) == "Z")
        #expect(ONNXOperatorSchema.find("org.example", "Thing", 1) == nil && ONNXOperatorSchema.page("org.example", "Thing") == nil)
        #expect(ONNXOperatorSchema.page("", "Conv") == "https://onnx.ai/onnx/operators/onnx__Conv.html")
        #expect(ONNXOperatorSchema.page("ai.onnx.ml", "Scaler") == "https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html")
    }

    /// The table says what the operators are that are translated, but for few that are in no operator set.
    @Test func nearlyEveryMappingIsInTheTable() {
        let missing = OperatorMapping.all.filter { ONNXOperatorSchema.find($0.domain, $0.name, .max) == nil }
        #expect(missing.count < 24, "\(missing.map { "\($0.domain).\($0.name)" })")
    }
}
