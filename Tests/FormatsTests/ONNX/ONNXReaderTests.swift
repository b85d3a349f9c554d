import Foundation
import IR
import TestSupport
import Testing

@testable import Formats

@Suite struct ONNXReaderTests {
    private func read(_ bytes: [UInt8], path: String = "m.onnx") throws -> ONNXModel {
        try ONNXModel(ByteSlice(copying: bytes), path: path)
    }

    private let small = ONNXBytes.model(
        ONNXBytes.graph(
            [ONNXBytes.node("Add", ["x", "w"], ["y"], name: "sum", [ONNXBytes.attribute("axis", [1, -2])])],
            inputs: [ONNXBytes.value("x", 1, ["batch", "3", ""])], outputs: [ONNXBytes.value("y", 1, nil)],
            initializers: [ONNXBytes.floats("w", [1, 2, 3], [3])]))

    @Test func saysWhatTheFileSays() throws {
        let model = try read(small)
        #expect(model.irVersion == 8 && model.producer == "test" && model.opsets == ["": 17])
        #expect(model.graph.inputs.first?.type == .tensor(1, [.symbol("batch"), .size(3), .unknown]))
        #expect(model.graph.outputs.first?.type == .tensor(1, nil))
        let node = try #require(model.graph.nodes.first)
        #expect(node.name == "sum" && node.opType == "Add" && node.inputs == ["x", "w"] && node.outputs == ["y"])
        guard case .ints(let axes)? = node.attributes.first?.value else { return #expect(Bool(false), "no list") }
        #expect(axes == [1, -2])
        #expect(try model.graph.initializers[0].value(file: "m.onnx") == Tensor([1, 2, 3], [3]))
    }

    /// What a file says for people, and that it is written back.
    @Test func saysWhatTheFileIsAbout() throws {
        let x = ONNXBytes.value("x", 1, ["2"]).text(3, "features")
        let graph = ONNXBytes.graph([ONNXBytes.node("Neg", ["x"], ["y"])], inputs: [x], outputs: [ONNXBytes.value("y", 1, nil)])
        let plain = ONNXBytes.model(graph.text(10, "of the graph"))
        let model = try read(plain + ProtobufBytes().text(4, "org.example").int(5, 7).text(6, "of the model").bytes)
        for one in [model, try read(ONNXWriter.bytes(model))] {
            #expect(one.domain == "org.example" && one.modelVersion == 7 && one.doc == "of the model")
            #expect(one.graph.doc == "of the graph" && one.graph.inputs.first?.doc == "features" && one.graph.outputs.first?.doc == "")
        }
        #expect(try read(plain).modelVersion == nil)
    }

    /// What a file says of nodes, values and functions, and that it is written back.
    @Test func saysWhatTheFileSaysOfItsParts() throws {
        let entry = ProtobufBytes().text(1, "k").text(2, "v")
        let node = ONNXBytes.node("Neg", ["x"], ["y"]).text(6, "of the node").message(9, entry)
        let dim = ProtobufBytes().int(1, 2).text(3, "DATA_BATCH")
        let type = ProtobufBytes().int(1, 1).message(2, ProtobufBytes().message(1, dim))
        let x = ProtobufBytes().text(1, "x").message(2, ProtobufBytes().message(1, type).text(6, "TENSOR")).message(4, entry)
        let annotation = ProtobufBytes().text(1, "y").message(2, ProtobufBytes().text(1, "SCALE_TENSOR").text(2, "s"))
        let graph = ONNXBytes.graph([node], inputs: [x], outputs: [ONNXBytes.value("y", 1, nil)]).message(14, annotation).message(16, entry)
        let function = ProtobufBytes().text(1, "F").text(8, "of the function").text(10, "d").message(14, entry)
        let model = try read(ONNXBytes.model(graph) + ProtobufBytes().message(25, function).bytes)
        for one in [model, try read(ONNXWriter.bytes(model))] {
            #expect(one.graph.nodes.first?.doc == "of the node" && one.graph.nodes.first?.metadata == ["k": "v"])
            let input = try #require(one.graph.inputs.first)
            #expect(input.denotation == "TENSOR" && input.dimensionDenotations == ["DATA_BATCH"] && input.metadata == ["k": "v"])
            #expect(one.graph.outputs.first?.isDenoted == false)
            #expect(one.graph.quantization == ["y": ["SCALE_TENSOR": "s"]] && one.graph.metadata == ["k": "v"])
            #expect(one.functions.first?.doc == "of the function" && one.functions.first?.metadata == ["k": "v"])
            #expect(one.functions.first?.title == "d.F")
        }
    }

    /// Weights stay in the file.
    @Test func rawDataIsNotCopied() throws {
        let bytes = ByteSlice(copying: small)
        let model = try ONNXModel(bytes, path: "m.onnx")
        guard case .raw(let slice) = model.graph.initializers[0].data else { return #expect(Bool(false), "no slice") }
        #expect(slice.owner === bytes.owner && slice.count == 12)
    }

    @Test func errorsNameTheField() throws {
        let node = ONNXBytes.node("Add", ["x"], ["y"]).message(5, ONNXBytes.attribute("axis", 1)).data(5, [0x0F])
        let error = #expect(throws: CheckpointError.self) {
            try read(ONNXBytes.model(ONNXBytes.graph([ONNXBytes.node("Neg", [], []), node])))
        }
        #expect(error?.description.contains("graph.node[1].attribute[1]") == true, "\(error?.description ?? "")")
        let lacking = ONNXBytes.node("Add", ["x"], ["y"]).message(5, ProtobufBytes().text(1, "value").int(20, 4))
        let second = #expect(throws: CheckpointError.self) { try read(ONNXBytes.model(ONNXBytes.graph([lacking]))) }
        #expect(second?.description.contains("graph.node[0].attribute 'value'") == true, "\(second?.description ?? "")")
    }

    /// Every cut ends in an error or in a model, never in a crash.
    @Test func everyCutIsAnErrorOrAModel() throws {
        var failures = 0
        for count in 0..<small.count {
            do { _ = try read(Array(small[..<count])) } catch is CheckpointError { failures += 1 }
        }
        #expect(failures > small.count / 2)
    }

    @Test func everyChangedByteIsAnErrorOrAModel() throws {
        for index in small.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var bytes = small
                bytes[index] ^= change
                do {
                    let model = try read(bytes)
                    for tensor in model.graph.initializers { _ = try tensor.value(file: "m.onnx") }
                } catch is CheckpointError {}
            }
        }
    }

    @Test func nestingIsBounded() throws {
        var graph = ONNXBytes.graph([])
        for _ in 0..<80 {
            graph = ONNXBytes.graph([ONNXBytes.node("If", ["c"], ["y"], [ONNXBytes.attribute("then_branch", graph: graph)])])
        }
        let error = #expect(throws: CheckpointError.self) { try read(ONNXBytes.model(graph)) }
        #expect(error?.description.contains("nested") == true)
    }

    @Test func otherFilesAreNamed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("m.onnx").path
        try Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: CheckpointError.self) { try ONNXModel(path: path) }
        #expect(error?.description.contains("Git LFS pointer") == true)
    }

    // MARK: Tensors

    @Test func eachFieldOfDataIsRead() throws {
        func value(_ tensor: ProtobufBytes) throws -> Tensor {
            try read(ONNXBytes.model(ONNXBytes.graph([], initializers: [tensor]))).graph.initializers[0].value(file: "m.onnx")
        }
        func packed(_ values: [Int]) -> [UInt8] {
            var made = ProtobufBytes()
            for value in values { made.varint(UInt64(bitPattern: Int64(value))) }
            return made.bytes
        }
        let two = ProtobufBytes().int(1, 2)
        #expect(try value(two.int(2, 7).data(7, packed([-5, 1 << 40]))) == Tensor(integers: [-5, 1 << 40], [2]))
        // Not packed, as old writers have it.
        #expect(try value(two.int(2, 7).int(7, 3).int(7, 4)) == Tensor(integers: [3, 4], [2]))
        #expect(try value(two.int(2, 3).data(5, packed([-1, 127]))) == Tensor(integers: [-1, 127], [2], as: .i8))
        #expect(try value(two.int(2, 9).data(5, packed([1, 0]))) == Tensor(bools: [true, false], [2]))
        #expect(try value(two.int(2, 10).data(5, packed([0x3C00, 0xC000]))) == Tensor([1, -2], [2], as: .f16))
        #expect(try value(two.int(2, 16).data(5, packed([0x3F80, 0x4000]))) == Tensor([1, 2], [2], as: .bf16))
        #expect(try value(two.int(2, 13).data(11, packed([7, -1]))) == Tensor(naturals: [7, .max], [2]))
        #expect(try value(two.int(2, 12).data(11, packed([7, 9]))) == Tensor(naturals: [7, 9], [2], as: .u32))
        #expect(try value(two.int(2, 8).text(6, "a").text(6, "é")).strings == ["a", "é"])
        #expect(
            try value(ProtobufBytes().int(1, 3).int(2, 22).data(5, packed([0x7F, 0x08]))) == Tensor(integers: [-1, 7, -8], [3], as: .i4))
        #expect(throws: CheckpointError.self) { try value(two.int(2, 7).data(7, packed([1]))) }
        #expect(throws: CheckpointError.self) { try value(two.int(2, 1).data(9, [0, 0, 0])) }
        #expect(throws: CheckpointError.self) { try value(two.int(2, 14).data(9, [UInt8](repeating: 0, count: 16))) }
        #expect(throws: CheckpointError.self) { try value(ProtobufBytes().int(1, -2).int(2, 1)) }
        #expect(throws: CheckpointError.self) { try value(ProtobufBytes().int(1, 1 << 40).int(1, 1 << 40).int(2, 1)) }
    }

    @Test func sparseTensorsAreFilledUp() throws {
        let values = ONNXBytes.floats("s", [5, 7], [2])
        for (indices, shape) in [([1, 5], [2]), ([0, 1, 1, 2], [2, 2])] {
            let sparse = ProtobufBytes().message(1, values).message(2, ONNXBytes.integers("i", indices, shape)).int(3, 2).int(3, 3)
            let graph = ProtobufBytes().text(2, "g").message(15, sparse)
            let model = try read(ONNXBytes.model(graph))
            #expect(try model.graph.sparseInitializers[0].value(file: "m.onnx") == Tensor([0, 5, 0, 0, 0, 7], [2, 3]))
        }
        let outside = ProtobufBytes().message(1, values).message(2, ONNXBytes.integers("i", [1, 6], [2])).int(3, 2).int(3, 3)
        let model = try read(ONNXBytes.model(ProtobufBytes().message(15, outside)))
        #expect(throws: CheckpointError.self) { try model.graph.sparseInitializers[0].value(file: "m.onnx") }
    }

    // MARK: External data

    private func external(_ entries: [String: String]) -> [UInt8] {
        let tensor = entries.sorted { $0.key < $1.key }.reduce(ProtobufBytes().int(1, 2).int(2, 1).text(8, "w").int(14, 1)) {
            $0.message(13, ProtobufBytes().text(1, $1.key).text(2, $1.value))
        }
        return ONNXBytes.model(ONNXBytes.graph([], initializers: [tensor]))
    }

    private func value(_ entries: [String: String], in folder: String) throws -> Tensor {
        let path = folder + "/m.onnx"
        return try read(external(entries), path: path).graph.initializers[0].value(file: path)
    }

    @Test func externalDataStayInTheFolder() throws {
        let outer = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
        let folder = outer.appendingPathComponent("model")
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("sub"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: outer) }
        let data = Data([0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        for place in [folder.appendingPathComponent("sub/w.bin"), outer.appendingPathComponent("secret.bin")] { try data.write(to: place) }
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("link.bin"), withDestinationURL: outer.appendingPathComponent("secret.bin"))
        #expect(try value(["location": "sub/w.bin", "offset": "4", "length": "8"], in: folder.path) == Tensor([1, 2], [2]))
        #expect(try value(["location": "sub/w.bin", "offset": "4"], in: folder.path) == Tensor([1, 2], [2]))
        for (entries, word) in [
            (["location": "../secret.bin"], "outside the model's folder"), (["location": "/etc/passwd"], "outside the model's folder"),
            (["location": "link.bin"], "link out of the model's folder"), (["location": "gone.bin"], "not in the model's folder"),
            (["location": "sub/w.bin", "offset": "8"], "get that file anew"), (["location": "sub/w.bin", "offset": "-4"], "is no number"),
            (["location": "sub/w.bin", "length": "4"], "bytes, which is not what"), ([:], "says no file"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try value(entries, in: folder.path) }
            #expect(error?.description.contains(word) == true, "\(entries): \(error?.description ?? "")")
        }
    }

    // MARK: Values

    @Test func valuesAreReadBack() throws {
        let tensor = Tensor([1.5, -2], [2, 1])
        let texts = Tensor(strings: ["a", "", "日本"], [3])
        let cases: [(Datum, ONNXType)] = [
            (.tensor(tensor), .tensor(1, nil)), (.tensor(texts), .tensor(8, nil)),
            (.tensor(Tensor(integers: [1, -8, 7], [3], as: .i4)), .tensor(22, nil)),
            (.sequence([.tensor(tensor), .tensor(texts)]), .sequence(.tensor(1, nil))), (.sequence([]), .sequence(.tensor(1, nil))),
            (.optional(nil), .optional(.tensor(1, nil))), (.optional(.tensor(tensor)), .optional(.tensor(1, nil))),
            (.optional(.sequence([.tensor(tensor)])), .optional(.sequence(.tensor(1, nil)))),
        ]
        for (value, type) in cases {
            let bytes = ByteSlice(copying: ONNXValueFile.bytes(value, named: "v"))
            #expect(try ONNXValueFile.read(bytes, as: type, path: "v.pb") == value)
        }
    }

    /// Files say nothing of their kind; their fields do, but for sequences and optionals of one value or none.
    @Test func valuesAreReadWithoutTheirType() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("values-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tensor = Datum.tensor(Tensor([1, 2], [2]))
        let cases: [(Datum, Bool)] = [
            (tensor, false), (.tensor(Tensor(integers: [-3], [], as: .i8)), false), (.tensor(Tensor(integers: [5], [1])), false),
            (.tensor(Tensor(strings: ["a", "b"], [2])), false), (.sequence([tensor, tensor]), false), (.sequence([tensor]), true),
            (.sequence([]), true), (.sequence([.sequence([tensor]), .sequence([tensor])]), false),
        ]
        for (index, (value, isOpen)) in cases.enumerated() {
            let path = folder.appendingPathComponent("v\(index).pb")
            try Data(ONNXValueFile.bytes(value, named: "v")).write(to: path)
            let stored = try ONNXValueFile.readAny(path.path)
            #expect(stored.value == value && stored.mayBeOptional == isOpen, "\(index)")
        }
        let html = folder.appendingPathComponent("page.pb")
        try Data("<!doctype html><html></html>".utf8).write(to: html)
        #expect(throws: CheckpointError.self) { try ONNXValueFile.readAny(html.path) }
    }
}
