import Formats
import Foundation
import IR
import Importers
import TestSupport
import Testing

@testable import ONNXSessions

@Suite struct ONNXSessionTests {
    private func session(_ bytes: [UInt8]) throws -> ONNXSession {
        try ONNXSession(ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "m.onnx"))
    }

    private func model(
        _ nodes: [ProtobufBytes], _ inputs: [ProtobufBytes], outputs: [String] = ["y"], initializers: [ProtobufBytes] = [], opset: Int = 17,
        domains: [String: Int] = [:], irVersion: Int = 8
    ) -> [UInt8] {
        let graph = ONNXBytes.graph(
            nodes, inputs: inputs, outputs: outputs.map { ONNXBytes.value($0, 1, nil) }, initializers: initializers)
        return ONNXBytes.model(graph, opset: opset, irVersion: irVersion, domains: domains)
    }

    // MARK: Symbols and specialization

    @Test func oneProgramServesAllSizes() throws {
        let session = try session(
            model([ONNXBytes.node("Add", ["x", "x"], ["y"])], [ONNXBytes.value("x", 1, ["n", "2"])]))
        for count in [1, 3, 5] {
            let x = Tensor([Float](repeating: 1.5, count: count * 2), [count, 2])
            #expect(try session.run(["x": .tensor(x)]) == [.tensor(Tensor([Float](repeating: 3, count: count * 2), [count, 2]))])
        }
        #expect(session.programCount == 1)
    }

    /// Inputs are made up only for a model that needs them.
    @Test func symbolsThatSufficeAskForNoInputs() throws {
        struct Asked: Error {}
        func asked() throws -> [String: Datum] { throw Asked() }
        let plain = try session(model([ONNXBytes.node("Add", ["x", "x"], ["y"])], [ONNXBytes.value("x", 1, ["n", "2"])]))
        #expect(try plain.settled(for: asked()).special.types.isEmpty)
        let open = try session(model([ONNXBytes.node("Add", ["x", "x"], ["y"])], [ONNXBytes.value("x", 1, nil)]))
        #expect(throws: Asked.self) { try open.settled(for: asked()) }
    }

    /// A rank that the file does not say, and sizes of which nobody knows whether they are 1.
    @Test func whatTheFileLeavesOpenIsTakenFromTheInputs() throws {
        let session = try session(
            model([ONNXBytes.node("Add", ["x", "z"], ["y"])], [ONNXBytes.value("x", 1, nil), ONNXBytes.value("z", 1, ["m"])]))
        let x = Datum.tensor(Tensor([1, 2, 3, 4], [2, 2]))
        #expect(try session.run(["x": x, "z": .tensor(Tensor([10], [1]))]) == [.tensor(Tensor([11, 12, 13, 14], [2, 2]))])
        #expect(try session.run(["x": x, "z": .tensor(Tensor([10, 20], [2]))]) == [.tensor(Tensor([11, 22, 13, 24], [2, 2]))])
    }

    @Test func sizesThatMayBeOneBroadcast() throws {
        let session = try session(
            model([ONNXBytes.node("Mul", ["a", "b"], ["y"])], [ONNXBytes.value("a", 1, ["p"]), ONNXBytes.value("b", 1, ["q"])]))
        for (a, b, y) in [([2], [3, 4], [6, 8]), ([3, 4], [2], [6, 8]), ([1, 2], [3, 4], [3, 8])] as [([Float], [Float], [Float])] {
            let given = ["a": Datum.tensor(Tensor(a, [a.count])), "b": .tensor(Tensor(b, [b.count]))]
            #expect(try session.run(given) == [.tensor(Tensor(y, [y.count]))])
        }
    }

    /// Axes as an input decide of what rank the result is.
    @Test func valuesThatDecideTheStructureBecomeConstants() throws {
        let session = try session(
            model(
                [ONNXBytes.node("Unsqueeze", ["x", "axes"], ["y"])], [ONNXBytes.value("x", 1, ["n"]), ONNXBytes.value("axes", 7, ["k"])]))
        let x = Datum.tensor(Tensor([1, 2], [2]))
        let first = try session.run(["x": x, "axes": .tensor(Tensor(integers: [0], [1]))])
        #expect(first == [.tensor(Tensor([1, 2], [1, 2]))])
        let second = try session.run(["x": x, "axes": .tensor(Tensor(integers: [1, -1], [2]))])
        #expect(second == [.tensor(Tensor([1, 2], [2, 1, 1]))])
    }

    /// A shape that is computed while the model runs.
    @Test func shapesThatAreComputed() throws {
        let session = try session(
            model(
                [ONNXBytes.node("Mul", ["s", "two"], ["shape"]), ONNXBytes.node("Reshape", ["x", "shape"], ["y"])],
                [ONNXBytes.value("x", 1, ["n"]), ONNXBytes.value("s", 7, ["2"])],
                initializers: [ONNXBytes.integers("two", [2, 1], [2])]))
        let x = Datum.tensor(Tensor([1, 2, 3, 4], [4]))
        for (shape, sizes) in [([1, -1], [2, 2]), ([2, 1], [4, 1])] {
            #expect(try session.run(["x": x, "s": .tensor(Tensor(integers: shape, [2]))]) == [.tensor(Tensor([1, 2, 3, 4], sizes))])
        }
    }

    /// Shape, Gather, Concat, Reshape: what exporters write for `x.reshape(b, -1)` stays an expression of the file's symbols.
    @Test func chainsOfShapesStaySymbols() throws {
        let bytes = model(
            [
                ONNXBytes.node("Shape", ["x"], ["s"]), ONNXBytes.node("Gather", ["s", "zero"], ["b"], [ONNXBytes.attribute("axis", 0)]),
                ONNXBytes.node("Unsqueeze", ["b", "axis"], ["b1"]),
                ONNXBytes.node("Concat", ["b1", "rest"], ["shape"], [ONNXBytes.attribute("axis", 0)]),
                ONNXBytes.node("Reshape", ["x", "shape"], ["y"]),
            ], [ONNXBytes.value("x", 1, ["batch", "len", "4"])],
            initializers: [
                ONNXBytes.integers("zero", [0], []), ONNXBytes.integers("axis", [0], [1]), ONNXBytes.integers("rest", [-1, 2], [2]),
            ])
        let module = try session(bytes).symbolicModule()
        let type = try #require(module.function("main")?.signature.outputs.first?.type)
        #expect("\(type)" == "f32[batch, 2*batch*len floordiv batch, 2]" || "\(type)" == "f32[batch, 2*len, 2]", "\(type)")
    }

    // MARK: Files as they are

    @Test func unsupportedOperatorsAreListedAtOnce() throws {
        let session = try session(
            model(
                [
                    ONNXBytes.node("Foo", ["x"], ["a"], domain: "com.example", name: "first"),
                    ONNXBytes.node("Bar", ["a"], ["b"], name: "second"),
                    ONNXBytes.node("Foo", ["b"], ["y"], domain: "com.example", name: "third"),
                ], [ONNXBytes.value("x", 1, ["2"])], domains: ["com.example": 3]))
        let error = #expect(throws: ONNXImportError.self) { try session.run(["x": .tensor(Tensor([1, 2], [2]))]) }
        let text = error?.description ?? ""
        #expect(text.contains("com.example.Foo (version 3): 2 nodes: first, third") && text.contains("Bar (version 17): 1 node: second"))
        #expect(error?.meansUnsupported == true)
    }

    @Test func filesNeedNotBeTidy() throws {
        // Nodes in any order, without names; an initializer that is an input too; an input nobody reads; a newer format; a lie about y.
        let graph = ONNXBytes.graph(
            [ONNXBytes.node("Add", ["a", "w"], ["y"]), ONNXBytes.node("Neg", ["x"], ["a"])],
            inputs: [
                ONNXBytes.value("x", 1, ["2"]), ONNXBytes.value("w", 1, ["2"]), ONNXBytes.value("spare", 1, ["n"]),
            ], outputs: [ONNXBytes.value("y", 7, ["5"])], initializers: [ONNXBytes.floats("w", [10, 20], [2])])
        let session = try session(ONNXBytes.model(graph, irVersion: 99))
        #expect(session.inputs.map(\.name) == ["x", "spare"])
        let result = try session.run(["x": .tensor(Tensor([1, 2], [2])), "spare": .tensor(Tensor([0], [1]))])
        #expect(result == [.tensor(Tensor([9, 18], [2]))])
        #expect(session.warnings.contains { $0.contains("IR version 99") } && session.warnings.contains { $0.contains("as the file says") })
        // The initializer is a default.
        let given = ["x": Datum.tensor(Tensor([1, 2], [2])), "spare": .tensor(Tensor([0], [1])), "w": .tensor(Tensor([0, 0], [2]))]
        #expect(try session.run(given) == [.tensor(Tensor([-1, -2], [2]))])
    }

    @Test func functionsOfTheModelsOwnAreWrittenOut() throws {
        // scaled(x; by) = x * by, called with an attribute of the call.
        let body = ONNXBytes.node(
            "Constant", [], ["c"], [ProtobufBytes().text(1, "value_float").text(21, "by").int(20, 1)])
        let function = ProtobufBytes().text(1, "scaled").text(4, "x").text(5, "z").text(6, "by").message(7, body)
            .message(7, ONNXBytes.node("Mul", ["x", "c"], ["z"])).message(9, ProtobufBytes().int(2, 17)).text(10, "own")
        let call = ONNXBytes.node("scaled", ["x"], ["y"], domain: "own", [ProtobufBytes().text(1, "by").float(2, 2.5).int(20, 1)])
        let graph = ONNXBytes.graph([call], inputs: [ONNXBytes.value("x", 1, ["2"])], outputs: [ONNXBytes.value("y", 1, ["2"])])
        var bytes = ONNXBytes.model(graph, domains: ["own": 1])
        bytes += ProtobufBytes().message(25, function).bytes
        #expect(try session(bytes).run(["x": .tensor(Tensor([1, 2], [2]))]) == [.tensor(Tensor([2.5, 5], [2]))])
    }

    @Test func missingValuesAreNamed() throws {
        let session = try session(model([ONNXBytes.node("Add", ["x", "nowhere"], ["y"], name: "sum")], [ONNXBytes.value("x", 1, ["2"])]))
        let error = #expect(throws: ONNXImportError.self) { try session.run(["x": .tensor(Tensor([1, 2], [2]))]) }
        #expect(error?.description.contains("Add 'sum': its input 'nowhere'") == true, "\(error?.description ?? "")")
    }
}
