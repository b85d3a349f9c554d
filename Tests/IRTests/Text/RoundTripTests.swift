import IR
import TestSupport
import Testing

@Suite struct RoundTripTests {
    /// A module with one function that applies `sample` to its inputs.
    private func module(_ sample: OperatorSample) throws -> Module {
        var module = Module(name: sample.name, stage: .lowered)
        var graph = Graph(name: "main")
        let inputs = try sample.inputs.enumerated().map { index, tensor in
            try tensor.map { try graph.addInput("x\(index)", $0.type) }
        }
        let results = try graph.add(sample.op, inputs, name: "layer 1 \"\(sample.name)\"")
        for (index, result) in results.enumerated() { try graph.addOutput("y\(index)", result) }
        module.setFunction(graph)
        return module
    }

    @Test func everyOperator() throws {
        for sample in OperatorSamples.all {
            let original = try module(sample)
            try original.verify()
            let text = original.description
            let again = try Module(parsing: text)
            #expect(again == original, "\(sample)")
            #expect(again.description == text, "\(sample)")
        }
    }

    /// The parsed text computes what the operator does.
    @Test func parsedModulesRun() throws {
        for type in OperatorRegistry.all where type is any TensorOperator.Type && !(type is any LoweredOperator.Type) {
            let sample = try #require(OperatorSamples.samples(of: type.opName).first)
            let parsed = try Module(parsing: try module(sample).description)
            var inputs: [String: Tensor] = [:]
            for (index, tensor) in sample.inputs.enumerated() { inputs["x\(index)"] = tensor }
            let results = try Interpreter.run(parsed, "main", inputs, binding: sample.binding)
            for (index, tensor) in try sample.op.evaluate(sample.inputs, sample.binding).enumerated() {
                #expect(results["y\(index)"] == tensor || sample.opName == "is_nan", "\(sample)")
            }
        }
    }

    @Test func everyAttributeKind() throws {
        var module = Module(name: "4m-b mod", stage: .clean)
        module.metadata = [
            "bool": .bool(true), "int": .int(.min), "big": .int(.max), "float": .float(0.1), "tiny": .float(.leastNonzeroMagnitude),
            "huge": .float(-1.5e300), "whole": .float(3), "negative zero": .float(-0.0), "inf": .float(-.infinity),
            "string": .string("a \"quoted\" \\ line\nwith\ttabs, ümläut and \u{0}"), "dtype": .dtype(.bf16),
            "dim": .dim(.symbol("h") * 2 + 1), "dims": .dims([1, .symbol("odd name"), .symbol("floor(h/2)")]), "none": .dims([]),
            "floats": .floats([1, -2.5, .infinity]), "no floats": .floats([]), "strings": .strings(["", "a", "\"", "%@"]),
            "@at": .string(""), "9 lives": .bool(false), "9": .int(9), "": .int(0),
            "dictionary": .dictionary(["a": .dictionary([:]), "b": .strings([])]), "function": .function("en code"),
        ]
        let text = module.description
        let again = try Module(parsing: text)
        #expect(again == module)
        #expect(again.description == text)
    }

    @Test func typesAndConstants() throws {
        var module = Module(name: "m")
        let types: [TensorType] = [
            TensorType(.f32, []), TensorType(.i4, [.symbol("n"), 3], quantization: .perTensor),
            TensorType(.i8, [4, 8], quantization: .perChannel(axis: 1)),
            TensorType(.u4, [4, 64], quantization: .perGroup(axis: 1, size: 32)),
        ]
        for (index, type) in types.enumerated() { module.setConstant(Constant(key: "layer \(index).w", type: type, bytes: nil)) }
        for dtype in DType.allCases {
            let values = Tensor([0, 1, -1, 2.5, 1e-3, 300], [2, 3], as: dtype)
            module.setConstant(Constant(key: "data.\(dtype.rawValue)", values))
        }
        module.setConstant(Constant(key: "empty", Tensor(zeros: .f32, [0, 4])))
        let big = Constant(key: "big", Tensor(zeros: .f32, [100]))
        module.setConstant(big)
        let text = module.description
        #expect(try Module(parsing: text, resolving: ["big": big]) == module)
        #expect(try Module(parsing: text).constants["big"]?.bytes == nil)
        #expect(try Module(parsing: text).constants["data.bf16"]?.tensor == module.constants["data.bf16"]?.tensor)
    }

    @Test func awkwardNames() throws {
        var module = Module(name: "@")
        var graph = Graph(name: "")
        let a = try graph.addInput("0", TensorType(.f32, [.symbol("N 1")]))
        let b = try graph.addInput("input.1 (copy)", TensorType(.f32, [.symbol("N 1")]))
        let sum = try graph.apply(Binary<Add>(), [a, b], name: "add\n1")
        let twice = try graph.apply(Binary<Add>(), [sum, sum], name: "")
        try graph.addOutput("@out", twice)
        try graph.addOutput("1", a)
        module.setFunction(graph)
        let text = module.description
        #expect(try Module(parsing: text) == module)
        #expect(try Module(parsing: text).description == text)
    }

    @Test func commentsAndSpacing() throws {
        let text = """
            # what this is
            module @m stage(imported) { # here
                func @f(%x:f32[2]) -> (y:f32[2]) { %a=relu(%x):f32[2] return %a }
            }
            """
        let module = try Module(parsing: text)
        #expect(module.function("f")?.nodes.map(\.opName) == ["relu"])
        #expect(try Module(parsing: module.description) == module)
    }
}
