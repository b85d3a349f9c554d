import Formats
import Foundation
import IR
import Testing

@Suite struct ONNXWriterTests {
    private func tensor(_ name: String, _ count: Int) -> ONNXTensor {
        ONNXTensor(Tensor((0..<count).map { Double($0) }, [count], as: .f32), named: name)
    }

    private func model(_ weights: [ONNXTensor], _ attributes: [ONNXAttribute] = []) -> ONNXModel {
        let x = ONNXValueInfo("x", .tensor(1, [.symbol("n"), .size(3), .unknown]))
        let y = ONNXValueInfo("y", .optional(.sequence(.tensor(7, nil))))
        let node = ONNXNode("Thing", named: "thing", inputs: ["x", "", "w"], outputs: ["y"], attributes: attributes, domain: "some.domain")
        let graph = ONNXGraph(named: "graph", nodes: [node], inputs: [x], outputs: [y], initializers: weights)
        return ONNXModel(
            opset: 21, irVersion: 10, producer: "tessera", producerVersion: "1", graph: graph, metadata: ["a": "b", "c": "ü"])
    }

    private func read(_ bytes: [UInt8]) throws -> ONNXModel {
        try ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }), path: "memory.onnx")
    }

    @Test func whatIsWrittenIsRead() throws {
        let inner = ONNXGraph(named: "inner", nodes: [], inputs: [], outputs: [ONNXValueInfo("o", .tensor(9, []))])
        let attributes = [
            ONNXAttribute(name: "f", value: .float(-1.5)), ONNXAttribute(name: "i", value: .int(-3)),
            ONNXAttribute(name: "s", value: .string([0, 255])), ONNXAttribute(name: "t", value: .tensor(tensor("inner", 2))),
            ONNXAttribute(name: "g", value: .graph(inner)), ONNXAttribute(name: "fs", value: .floats([1, .infinity])),
            ONNXAttribute(name: "is", value: .ints([Int.min, 0, Int.max])), ONNXAttribute(name: "ss", value: .strings([[65], []])),
            ONNXAttribute(name: "tp", value: .type(.sequence(.tensor(8, [.size(2)])))),
        ]
        let made = model([tensor("w", 5)], attributes)
        let back = try read(ONNXWriter.bytes(made))
        #expect(back.opsets == made.opsets)
        #expect(back.irVersion == 10)
        #expect(back.producer == "tessera")
        #expect(back.metadata == made.metadata)
        #expect(back.graph.inputs.map(\.type) == made.graph.inputs.map(\.type))
        #expect(back.graph.outputs.map(\.type) == made.graph.outputs.map(\.type))
        let node = try #require(back.graph.nodes.first)
        #expect(node.inputs == ["x", "", "w"])
        #expect(node.domain == "some.domain")
        #expect(node.attributes.map(\.name) == attributes.map(\.name))
        for (a, b) in zip(node.attributes, attributes) {
            switch (a.value, b.value) {
            case (.tensor(let x), .tensor(let y)): #expect(try x.value(file: "") == y.value(file: ""))
            case (.graph(let x), .graph(let y)): #expect(x.outputs.map(\.type) == y.outputs.map(\.type))
            default: #expect("\(a.value)" == "\(b.value)")
            }
        }
        #expect(try back.graph.initializers[0].value(file: "") == made.graph.initializers[0].value(file: ""))
    }

    @Test func everyElementTypeComesBack() throws {
        for dtype in DType.allCases where dtype.onnxNumber != 0 {
            let source = dtype == .string ? Tensor(strings: ["a", "", "ü"], [3]) : Tensor([0, 1, 1], [3], as: dtype)
            let back = try read(ONNXWriter.bytes(model([ONNXTensor(source, named: "w")])))
            #expect(try back.graph.initializers[0].value(file: "") == source, "\(dtype)")
        }
    }

    @Test func largeWeightsLieAlignedInAFileOfTheirOwn() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("m.onnx").path
        let made = model([tensor("small", 3), tensor("one", 1001), tensor("two", 3000)])
        for (external, most) in [(true, ONNXWriter.mostInline), (false, 10_000)] {
            try ONNXWriter.write(made, to: path, externalData: external, mostInline: most)
            let back = try ONNXModel(path: path)
            let places = back.graph.initializers.map { weight -> Int? in
                if case .external("m.onnx.data", let offset, _) = weight.data { offset } else { nil }
            }
            #expect(places[0] == nil)
            #expect(places[1] == 0)
            #expect(places[2].map { $0 % ONNXWriter.alignment } == 0)
            for (a, b) in zip(back.graph.initializers, made.graph.initializers) { #expect(try a.value(file: path) == b.value(file: "")) }
            try FileManager.default.removeItem(atPath: path + ".data")
        }
        try ONNXWriter.write(made, to: path)
        #expect(!FileManager.default.fileExists(atPath: path + ".data"))
    }
}
