import IR
import Testing

@testable import Formats
@testable import Importers

@Suite struct LoRATests {
    private func checkpoint(_ tensors: [String: Tensor], config: ConfigDictionary = [:]) -> Checkpoint {
        Checkpoint(
            name: "m", tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0.key, Constant(key: $0.key, $0.value)) }),
            config: Config(.dict(config), file: "m.safetensors"), files: ["m.safetensors"])
    }

    private static let weight = Tensor([1, 2, 3, 4, 5, 6] as [Float], [2, 3])
    private static let down = Tensor([1, 0, -1, 0.5, 2, 4] as [Float], [2, 3])
    private static let up = Tensor([2, 1, -1, 3] as [Float], [2, 2])
    /// up · down = [[2.5, 2, 2], [0.5, 6, 13]], by hand.
    private static let sum = [1 + 2.5 / 2, 2 + 1, 3 + 1, 4 + 0.25, 5 + 3, 6 + 6.5] as [Float]

    private static func adapter(_ layer: String) -> [String: Tensor] {
        ["\(layer).lora_down.weight": down, "\(layer).lora_up.weight": up]
    }

    private func file(_ tensors: [String: Tensor], in folder: TemporaryFolder) throws -> String {
        try SafeTensorsWriter.write(tensors, to: folder.file("a.safetensors"))
        return folder.file("a.safetensors")
    }

    @Test func wrappedLayersBecomePlainOnes() throws {
        var tensors = Self.adapter("attn.qkv")
        tensors["attn.qkv.linear.weight"] = Self.weight
        tensors["attn.qkv.linear.bias"] = Tensor([7, 8] as [Float], [2])
        tensors["norm.weight"] = Tensor([9] as [Float], [1])
        let merged = try checkpoint(tensors).mergingOwnAdapters(scale: 0.5)
        #expect(Set(merged.tensors.keys) == ["attn.qkv.weight", "attn.qkv.bias", "norm.weight"])
        #expect(merged.tensors["attn.qkv.weight"]?.key == "attn.qkv.weight")
        #expect(try merged.tensor("attn.qkv.weight").tensor?.floats == Self.sum)
        #expect(try merged.tensor("attn.qkv.bias").tensor?.floats == [7, 8])
        #expect(merged.adapters == ["1 of this file, scale 0.5"])
        let configured = try checkpoint(tensors, config: ["lora_scale": .double(0.5)]).mergingOwnAdapters()
        #expect(configured.tensors == merged.tensors)
        let plain = try checkpoint(tensors).mergingOwnAdapters().tensor("attn.qkv.weight").tensor
        #expect(plain?.floats == [3.5, 4, 5, 4.5, 11, 19])
    }

    @Test func aSeparateFileIsMerged() throws {
        let folder = try TemporaryFolder()
        let path = try file(Self.adapter("mlp.fc1"), in: folder)
        let base = checkpoint(["mlp.fc1.weight": Self.weight, "mlp.fc2.weight": Self.weight])
        let merged = try base.merging(LoRASource(path: path, scale: 0.5))
        #expect(try merged.tensor("mlp.fc1.weight").tensor?.floats == Self.sum)
        #expect(try merged.tensor("mlp.fc2.weight").tensor == Self.weight)
        #expect(merged.files == ["m.safetensors", path] && merged.adapters == ["1 of \(path), scale 0.5"])
        let none = try base.merging(LoRASource(path: path, scale: 0))
        #expect(try none.tensor("mlp.fc1.weight").tensor == Self.weight)
    }

    @Test func adaptersOf16BitWeightsAreNotRoundedAway() throws {
        let folder = try TemporaryFolder()
        let path = try file(Self.adapter("l"), in: folder)
        let base = checkpoint(["l.weight": Tensor([1, 2, 3, 4, 5, 6] as [Double], [2, 3], as: .bf16)])
        let merged = try #require(try base.merging(LoRASource(path: path, scale: 0x1p-12)).tensor("l.weight").tensor)
        #expect(merged.dtype == .f32 && merged.floats[0] == 1 + 2.5 * 0x1p-12)
    }

    @Test func emptyWeightsAreRefused() throws {
        let empty = Tensor([] as [Float], [0, 1 << 40])
        let tensors = ["x.linear.weight": empty, "x.lora_down.weight": empty, "x.lora_up.weight": Tensor([] as [Float], [0, 0])]
        #expect(throws: CheckpointError.self) { try checkpoint(tensors).mergingOwnAdapters() }
    }

    @Test func faultsNameTheLayer() throws {
        let folder = try TemporaryFolder()
        func refused(_ adapters: [String: Tensor], _ model: [String: Tensor]) throws -> CheckpointError? {
            let path = try file(adapters, in: folder)
            return checkpointError { try checkpoint(model).merging(LoRASource(path: path)) }
        }
        let model = ["l.weight": Self.weight]
        #expect(try refused(Self.adapter("other"), model)?.subject == "other")
        #expect(try refused(["l.lora_up.weight": Self.up], model)?.problem.contains("l.lora_down.weight") == true)
        #expect(try refused(Self.adapter("l"), ["l.weight": Self.up])?.kind == .inconsistent)
        #expect(try refused(["l.lora_up.weight": Self.up, "l.lora_down.weight": Self.up], model)?.kind == .inconsistent)
        #expect(try refused(["l.weight": Self.weight], model)?.kind == .missing)
        #expect(try refused(Self.adapter("l").merging(["x": Self.up]) { $1 }, model)?.subject == "x")
        let alone = checkpointError { try checkpoint(Self.adapter("l")).mergingOwnAdapters() }
        #expect(alone?.subject == "l" && alone?.advice?.contains("--lora FILE") == true)
        #expect(checkpointError { try FourMImporter.importModel(checkpoint(Self.adapter("l"), config: ["dim": .int(1)])) }?.subject == "l")
    }

    @Test(
        arguments: [
            ("a.pth", "a.pth", 1), ("a.pth:0.5", "a.pth", 0.5), ("a:b.pth", "a:b.pth", 1), ("a:b.pth:-2", "a:b.pth", -2), ("a:", "a:", 1),
        ] as [(String, String, Double)])
    func sourcesAreParsed(_ text: String, _ path: String, _ scale: Double) {
        #expect(LoRASource(text) == LoRASource(path: path, scale: scale))
    }

    @Test(arguments: ["", ":1", "a:nan", "a:inf"]) func badSourcesAreRefused(_ text: String) { #expect(LoRASource(text) == nil) }
}
