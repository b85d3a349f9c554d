import IR
import Testing

@testable import Formats

@Suite struct TensorNamesTests {
    private static let plain = ["encoder.blocks.0.w", "quantize.codebook", "quant_proj.weight"]

    @Test(arguments: [
        "module.", "_orig_mod.", "model.", "module._orig_mod.", "_orig_mod.module.", "model.module._orig_mod.", "ema_model.", "net.",
        "vqvae.",
        "_fsdp_wrapped_module.", "_forward_module.model.", "a.b.c.d.",
    ])
    func prefixesAreTakenOffAndNamed(_ prefix: String) throws {
        let names = try #require(TensorNames(Self.plain.map { prefix + $0 }))
        #expect(Self.plain.allSatisfy { names.renamed[prefix + $0] == $0 })
        #expect(names.notes == ["prefix '\(prefix)' taken off"])
    }

    @Test func wrappersInsideNamesAreTakenOut() throws {
        let names = try #require(
            TensorNames(["m.encoder._orig_mod.blocks.0._checkpoint_wrapped_module.w", "m.quantize.module.codebook", "m.decoder.w"]))
        #expect(Set(names.renamed.values) == ["encoder.blocks.0.w", "quantize.codebook", "decoder.w"])
        #expect(names.notes.count == 2 && names.notes[0] == "prefix 'm.' taken off")
    }

    @Test func plainNamesStay() throws {
        let names = try #require(TensorNames(Self.plain + ["module"]))
        #expect(names.notes.isEmpty && names.renamed == Dictionary((Self.plain + ["module"]).map { ($0, $0) }) { first, _ in first })
    }

    @Test func whatWouldMeetStays() throws {
        let both = ["quantize.w", "module.quantize.w"]
        #expect(try #require(TensorNames(both)).renamed == Dictionary(both.map { ($0, $0) }) { first, _ in first })
    }

    @Test func ofTwoModelsTheUsualOneIsTaken() throws {
        let names = try #require(TensorNames(["ema.quantize.w", "ema.quantize.v", "model.quantize.w", "loss.x"]))
        #expect(names.renamed == ["model.quantize.w": "quantize.w"])
        #expect(
            names.notes == [
                "prefix 'model.' taken off, 3 tensors without it left out (a model is under 'ema.' too: --state-key chooses)"
            ])
        #expect(TensorNames(["a.w"], prefix: "b.") == nil)
        #expect(
            try #require(TensorNames(["ema.module.quantize.w", "model.quantize.w"], prefix: "ema.")).renamed.values.elementsEqual([
                "quantize.w"
            ]))
    }

    @Test func safetensorsLoseTheirPrefixesToo() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.safetensors")
        let (a, b) = (Tensor([1], [1]), Tensor([2], [1]))
        try SafeTensorsWriter.write(["ema.quantize.w": a, "model.quantize.w": b], to: path)
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.tensors.keys.sorted() == ["quantize.w"] && checkpoint.tensors["quantize.w"]?.tensor?.floats == [2])
        #expect(checkpoint.notes.count == 1)
        #expect(try Checkpoint.open(path, stateKey: "ema").tensors["quantize.w"]?.tensor?.floats == [1])
        #expect(checkpointError { try Checkpoint.open(path, stateKey: "no") }?.kind == .missing)
    }
}

@Suite struct Float8Tests {
    /// Values of PyTorch 2: smallest subnormal, largest, one, and what is no number.
    @Test func values() {
        #expect(Float8.e4m3fn.value(0x01) == 0x1p-9 && Float8.e4m3fn.value(0x7E) == 448 && Float8.e4m3fn.value(0xB8) == -1)
        #expect(Float8.e5m2.value(0x01) == 0x1p-16 && Float8.e5m2.value(0x7B) == 57344 && Float8.e5m2.value(0x3C) == 1)
        #expect(Float8.e5m2.value(0x7C) == .infinity && Float8.e5m2.value(0xFC) == -.infinity && Float8.e5m2.value(0x7D).isNaN)
        #expect(Float8.e4m3fnuz.value(0x01) == 0x1p-10 && Float8.e4m3fnuz.value(0x7F) == 240 && Float8.e4m3fnuz.value(0x40) == 1)
        #expect(Float8.e5m2fnuz.value(0x01) == 0x1p-17 && Float8.e5m2fnuz.value(0x7F) == 57344 && Float8.e5m2fnuz.value(0x40) == 1)
        #expect(Float8.e4m3fn.value(0x7F).isNaN && Float8.e4m3fn.value(0xFF).isNaN && Float8.e4m3fnuz.value(0x80).isNaN)
        #expect(Float8.e4m3fn.value(0x80) == 0 && Float8.e4m3fn.value(0x80).sign == .minus)
    }

    @Test(arguments: Float8.allCases)
    func halvesHoldThemAll(_ type: Float8) {
        let all = (0...UInt8.max).map { $0 }
        let halves = type.halves(ByteSlice(copying: all)).withBytes { bytes in
            all.map { Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: Int($0) * 2, as: UInt16.self)) }
        }
        for (byte, half) in zip(all, halves) {
            let value = type.value(byte)
            #expect(value.isNaN ? half.isNaN : Float(half) == value)
        }
    }

    @Test func safetensorsHoldThem() throws {
        let bytes = safeTensors(
            #"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[2,3]}}"#,
            data: [0x38, 0xC0, 0x3C])
        let folder = try TemporaryFolder()
        let checkpoint = try Checkpoint.open(try folder.write(bytes, "a.safetensors"))
        #expect(checkpoint.tensors["a"]?.tensor?.floats == [1, -2] && checkpoint.tensors["b"]?.tensor?.floats == [1])
        #expect(checkpoint.tensors["a"]?.type.dtype == .f16 && checkpoint.details.count == 2)
    }
}
