import IR
import Testing

@Suite struct VerifierTests {
    private let type = TensorType(.f32, [2, 4])

    private func module(stage: Module.Stage = .imported, _ build: (inout Graph, ValueID) throws -> ValueID) throws -> Module {
        var graph = Graph(name: "main")
        let x = try graph.addInput("x", type)
        try graph.addOutput("y", try build(&graph, x))
        var module = Module(name: "m", stage: stage)
        module.setFunction(graph)
        return module
    }

    private func faults(_ module: Module) -> [String] {
        do { try module.verify() } catch let error as VerificationError { return error.faults } catch { return ["\(error)"] }
        return []
    }

    @Test func missingAndChangedConstants() throws {
        let weight = TensorType(.f32, [3, 4])
        var module = try module { graph, x in
            try graph.apply(Linear(), [x, try graph.constant("w", weight)], name: "fc")
        }
        #expect(faults(module) == ["function 'main', linear 'fc': reads constant @w, which the module lacks"])
        module.setConstant(Constant(key: "w", type: TensorType(.f32, [4, 4]), bytes: nil))
        #expect(faults(module) == ["function 'main', linear 'fc': reads constant @w as f32[3, 4], but it is f32[4, 4]"])
        module.setConstant(Constant(key: "w", type: weight, bytes: nil))
        #expect(faults(module).isEmpty)
    }

    @Test func stages() throws {
        let weight = Constant(key: "w", Tensor(zeros: .f32, [3, 4]))
        for stage in Module.Stage.allCases {
            var module = try module(stage: stage) { graph, x in
                try graph.apply(FusedLinear(), [x, try graph.constant("w", weight.type)], name: "fc")
            }
            module.setConstant(weight)
            #expect(faults(module).count == (stage == .imported ? 1 : 0))
        }
    }

    @Test func order() throws {
        let faulty = try module { graph, x in
            let a = try graph.apply(Unary<Exp>(), [x], name: "first")
            let b = try graph.apply(Unary<Relu>(), [a], name: "second")
            let c = try graph.apply(Unary<Relu>(), [b], name: "third")
            graph.replaceUses(of: a, with: c)
            return c
        }
        let found = faults(faulty)
        #expect(found.count == 1 && found.first?.contains("relu 'second': reads result 0 of relu 'third' before") == true, "\(found)")
    }

    @Test func retypedInputs() throws {
        var graph = Graph(name: "main")
        let x = try graph.addInput("x", type)
        let z = try graph.addInput("z", TensorType(.f32, [5]))
        try graph.addOutput("y", try graph.apply(Unary<Exp>(), [x], name: "exp"))
        graph.replaceUses(of: x, with: z)
        var module = Module(name: "m")
        module.setFunction(graph)
        #expect(faults(module) == ["function 'main', exp 'exp': results are declared f32[2, 4] but infer as f32[5]"])
    }

    @Test func calledFunctions() throws {
        let faulty = try module { graph, x in try graph.apply(Caller(), [x], name: "loop") }
        #expect(faults(faulty) == ["function 'main', caller 'loop': calls function 'body', which the module lacks"])
    }

    /// An operator with a body.
    private struct Caller: TensorOperator {
        static let opName = "caller"
        static let documentation = OperatorDocumentation("Calls.", formula: "y = x", operands: ["x"], results: ["y"], onnx: "none")

        init() {}

        init(reading attributes: inout AttributeReader) throws {}

        var calledFunctions: [String] { ["body"] }

        func infer(_ inputs: [TensorType?]) throws -> [TensorType] { inputs.compactMap { $0 } }

        func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] { inputs.compactMap { $0 } }
    }
}
