import Exporters
import Formats
import IR
import Importers
import Testing

@Suite struct ONNXExporterTests {
    static let block = """
        module @block stage(clean) {
          const @fc.weight : f32[6, 4] = [\((0..<24).map { "\(Double($0) / 10)" }.joined(separator: ", "))]
          const @fc.bias : f32[6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
          func @main(%x: f32[batch, tokens, 4]) -> (y: f32[batch, tokens*3, 2], n: i64[2]) {
            %0 = layer_norm(%x) {eps: 1e-5} : f32[batch, tokens, 4] "norm"
            %1 = linear(%0, @fc.weight, @fc.bias) : f32[batch, tokens, 6] "fc"
            %2 = reshape(%1) {shape: [batch, 3*tokens, 2]} : f32[batch, 3*tokens, 2] "cut"
            %3 = shape() {sizes: [batch, 3*tokens + 1]} : i64[2] "sizes"
            return %2, %3
          }
        }
        """

    private func model(_ text: String = block, opset: Int = 21) throws -> ONNXModel {
        try ONNXExporter.export(try Module(parsing: text), opset: opset)
    }

    @Test func namesOfNodesWeightsAndSizesAreKept() throws {
        let graph = try model().graph
        #expect(graph.nodes.map(\.name).contains("norm"))
        #expect(graph.nodes.map(\.name).contains("fc"))
        #expect(Set(graph.initializers.map(\.name)).isSuperset(of: ["fc.weight", "fc.bias"]))
        #expect(graph.inputs.map(\.name) == ["x"])
        #expect(graph.outputs.map(\.name) == ["y", "n"])
        #expect(graph.inputs[0].type == .tensor(1, [.symbol("batch"), .symbol("tokens"), .size(4)]))
        let names = graph.nodes.map(\.name)
        #expect(Set(names).count == names.count)
        let values = graph.nodes.flatMap(\.outputs)
        #expect(Set(values).count == values.count)
    }

    @Test func openSizesStayOpen() throws {
        let back = try RoundTrip.module(try Module(parsing: ONNXExporterTests.block), opset: 21)
        for (batch, tokens) in [(1, 1), (2, 5)] {
            let x = Tensor((0..<(batch * tokens * 4)).map { Double($0 % 7) }, [batch, tokens, 4], as: .f32)
            let results = try Interpreter.run(back, "main", ["x": x])
            #expect(results["y"]?.shape == [batch, tokens * 3, 2])
            #expect(results["n"]?.integers == [batch, 3 * tokens + 1])
        }
    }

    /// What inputs add to a recurrent layer is part of it in ONNX, unless somebody else reads it.
    @Test(arguments: [("f32", 1), ("f32", 2), ("bf16", 1)])
    func recurrentLayersTakeTheirInputsIn(dtype: String, readers: Int) throws {
        let other = "%3, %4 = gru(%0, @r, %2) {reverse: true} : \(dtype)[t, n, 1], \(dtype)[n, 1] \"other\""
        let text = """
            module @m stage(clean) {
              const @w : \(dtype)[3, 2] = [0.5, 1.0, -0.5, 0.25, 2.0, 1.5]
              const @b : \(dtype)[3] = [0.5, -1.0, 0.25]
              const @r : \(dtype)[3, 1] = [0.5, 1.0, -0.5]
              func @main(%x: \(dtype)[t, n, 2], %h: \(dtype)[n, 1]) -> (y: \(dtype)[t, n, 1], z: \(dtype)[t, n, 1]) {
                %0 = linear(%x, @w, @b) : \(dtype)[t, n, 3] "in"
                %1, %2 = gru(%0, @r, %h) {reset_after: true} : \(dtype)[t, n, 1], \(dtype)[n, 1] "gru"
                \(readers > 1 ? other : "")
                return %1, \(readers > 1 ? "%3" : "%1")
              }
            }
            """
        let module = try Module(parsing: text)
        let made = try ONNXExporter.export(module, opset: 21)
        #expect(made.graph.nodes.contains { $0.opType == "MatMul" } == (readers > 1))
        let names = made.graph.nodes.map(\.name)
        #expect(Set(names).count == names.count)
        let type: DType = dtype == "f32" ? .f32 : .bf16
        let inputs = [
            "x": Tensor((0..<12).map { Double($0 % 5) / 4 - 0.5 }, [3, 2, 2], as: type), "h": Tensor([0.5, -0.25], [2, 1], as: type),
        ]
        let back = try RoundTrip.module(module, opset: 21)
        let (expected, results) = (try Interpreter.run(module, "main", inputs), try Interpreter.run(back, "main", inputs))
        for (name, value) in expected { #expect(RoundTrip.same(.tensor(value), results[name].map { .tensor($0) }), "\(name)") }
    }

    @Test func versionsOfTheFormatGoWithTheOperatorSet() throws {
        for (opset, format) in [(17, 8), (21, 10), (23, 11)] {
            let made = try model(opset: opset)
            #expect(made.opsets == ["": opset])
            #expect(made.irVersion == format)
            #expect(made.producer == "tessera")
        }
        #expect(throws: ONNXExportError.opset(12)) { try model(opset: 12) }
    }

    @Test func betterFormsAreUsedWhereTheStandardHasThem() throws {
        let text = """
            module @forms stage(clean) {
              const @w : f32[4] = [1.0, 1.0, 1.0, 1.0]
              func @main(%q: f32[b, 2, n, 4], %k: f32[b, 2, m, 4], %x: f32[b, 4, h, w]) -> (a: f32[b, 2, n, 4], g: f32[b, 4, h, w]) {
                %0 = attention(%q, %k, %k) {scale: 0.5} : f32[b, 2, n, 4] "attn"
                %1 = rms_norm(%0, @w) {eps: 1e-6} : f32[b, 2, n, 4] "rms"
                %2 = gelu(%1) : f32[b, 2, n, 4] "gelu"
                %3 = group_norm(%x) {groups: 2, eps: 1e-6} : f32[b, 4, h, w] "group"
                return %2, %3
              }
            }
            """
        func operators(_ opset: Int) throws -> Set<String> { Set(try model(text, opset: opset).graph.nodes.map(\.opType)) }
        #expect(try operators(23).isSuperset(of: ["Attention", "RMSNormalization", "Gelu", "GroupNormalization"]))
        #expect(try operators(21).isSuperset(of: ["Softmax", "MatMul", "Gelu", "GroupNormalization"]))
        #expect(try operators(17).isSuperset(of: ["Softmax", "Erf", "InstanceNormalization"]))
    }

    @Test func whatCannotBeSaidIsListedAtOnce() throws {
        let text = """
            module @odd stage(clean) {
              func @main(%x: f32[4]) -> (y: f32[4], z: i32[4]) {
                %0 = cum_prod(%x) {axis: 0} : f32[4] "one"
                %1 = cum_prod(%0) {axis: 0} : f32[4] "two"
                %2 = bit_cast(%x) {to: i32} : i32[4] "three"
                return %1, %2
              }
            }
            """
        let error = #expect(throws: ONNXExportError.self) { try model(text) }
        guard case .unsupported(let function, 21, let operators)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(function == "main")
        #expect(operators.map(\.name) == ["bit_cast", "cum_prod"])
        #expect(operators.map(\.nodes) == [["three"], ["one", "two"]])
    }

    @Test func functionsAreNamed() throws {
        var module = try Module(parsing: ONNXExporterTests.block)
        var other = try #require(module.function("main"))
        other.name = "other"
        module.setFunction(other)
        let error = ONNXExportError.function(nil, known: ["main", "other"])
        #expect(throws: error) { try ONNXExporter.export(module) }
        #expect(throws: ONNXExportError.function("third", known: ["main", "other"])) { try ONNXExporter.export(module, function: "third") }
        #expect(try ONNXExporter.export(module, function: "other").graph.name == "other")
    }
}
