import Formats
import Foundation
import IR
import Testing

/// Text of the IR as a model, with its weights in files.
@Suite struct IRTextTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-ir-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func path(_ name: String) -> String { folder + "/" + name }

    private func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path(name))) }

    private static let weight = Constant(key: "a.w", Tensor((0..<64).map { Double($0) / 7 }, [8, 8], as: .f32))
    private static let text = """
        module @m stage(imported) {
          weights "w.safetensors"
          const @a.b : f32[8] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
          const @a.w : f32[8, 8]
          func @f(%x: f32[n, 8]) -> (y: f32[n, 8]) {
            %0 = linear(%x, @a.w, @a.b) : f32[n, 8] "a"
            return %0
          }
        }

        """

    @Test func weightsComeFromTheFilesThatTheTextNames() throws {
        try SafeTensorsWriter.write([Self.weight], to: path("w.safetensors"))
        try write(Self.text, "m.ir")
        let module = try IRTextFile.read(path("m.ir"))
        #expect(module.constants["a.w"] == Self.weight)
        #expect(module.weightFiles == [WeightFile("w.safetensors")])
        #expect(module.text(inlining: 8) == Self.text)
        #expect(IRTextFile.isIRText(path("m.ir")) && !IRTextFile.isIRText(path("w.safetensors")))
        try write("# a comment\n\n  \(Self.text)", "no-suffix")
        #expect(IRTextFile.isIRText(path("no-suffix")))
        try write("modules of steel", "other")
        #expect(!IRTextFile.isIRText(path("other")))
    }

    @Test func whatIsWrongIsNamed() throws {
        func problem(_ text: String) throws -> String {
            try write(text, "bad.ir")
            do { _ = try IRTextFile.read(path("bad.ir")) } catch { return "\(error)" }
            return ""
        }
        #expect(try problem(Self.text).contains("w.safetensors"))
        try SafeTensorsWriter.write([Constant(key: "a.w", Tensor([1, 2], [2], as: .f32))], to: path("w.safetensors"))
        #expect(try problem(Self.text).contains("\"a.w\": is f32[2], where the text says f32[8, 8]"))
        try SafeTensorsWriter.write([Constant(key: "b.w", Tensor([1, 2], [2], as: .f32))], to: path("w.safetensors"))
        #expect(try problem(Self.text).contains("\"a.w\": has no data"))
        #expect(try problem(Self.text.replacing("  weights \"w.safetensors\"\n", with: "")).contains("the text names no file with weights"))
        #expect(try problem(Self.text.replacing("%0 = linear", with: "%0 = linaer")).contains("line 6"))
        #expect(try problem(Self.text.replacing("\"w.safetensors\"", with: "7")).contains("line 2"))
    }

    @Test func whatIsInNoFileLiesBesideTheText() throws {
        try SafeTensorsWriter.write([Self.weight], to: path("w.safetensors"))
        try write(Self.text, "m.ir")
        var module = try IRTextFile.read(path("m.ir"))
        let small = Constant(
            key: "q", type: TensorType(.i4, [Dim(6), Dim(8)]),
            bytes: ByteSlice(Bytes(count: 24) { $0.copyBytes(from: (0..<24).map { UInt8($0) }) }))
        let words = Constant(key: "s", Tensor(strings: (0..<20).map { "word \($0)" }, [20]))
        for constant in [small, words] { module.setConstant(constant) }
        let source = try WeightSource(WeightFile("w.safetensors"), besides: path("m.ir"))
        let companion = try IRTextWriter.write(module, to: path("sub.ir"), from: [source])
        #expect(companion == path("sub.ir.safetensors"))
        let again = try IRTextFile.read(path("sub.ir"))
        #expect(again.constants == module.constants)
        #expect(again.weightFiles == [WeightFile("w.safetensors"), WeightFile("sub.ir.safetensors")])
        let header = try SafeTensorsFile(path: path("sub.ir.safetensors"))
        #expect(Set(header.tensors.map(\.key)) == ["q", "s"])
        // From elsewhere by its place from the root.
        try FileManager.default.createDirectory(atPath: path("deep"), withIntermediateDirectories: true)
        try IRTextWriter.write(module, to: path("deep/m.ir"), from: [source], inlining: 100)
        #expect(try IRTextFile.read(path("deep/m.ir")).constants == module.constants)
    }
}
