import Foundation
import IR
import Testing

@testable import Formats

@Suite(.checkpointGoldens) struct CorruptCheckpointTests {
    /// Faults of the model, not of the file: they pass here, the importer of the model has to find them.
    static let modelFaults: Set<String> = [
        "missing_tensor", "extra_tensor", "wrong_shape", "transposed_shape", "config_bad_enum", "config_bad_number",
        "config_heads_not_dividing", "no_metadata",
    ]

    static let kinds: [String: CheckpointError.Kind] = [
        "empty_file": .unreadable, "seven_bytes": .truncated, "truncated_header": .truncated,
        "truncated_body": .truncated, "header_length_over_file": .truncated, "header_length_huge": .malformed,
        "header_length_zero": .malformed, "header_not_json": .malformed, "header_bad_utf8": .malformed,
        "header_is_array": .malformed, "header_deeply_nested": .malformed, "overlapping_offsets": .inconsistent,
        "offsets_beyond_data": .inconsistent, "offsets_reversed": .malformed, "offsets_negative": .malformed,
        "offsets_overflow": .malformed, "wrong_dtype_size": .inconsistent, "unknown_dtype": .malformed,
        "shape_overflow": .malformed, "shape_negative": .malformed, "missing_shape_field": .malformed,
        "nan_metadata": .malformed, "metadata_not_string": .malformed, "metadata_nested": .malformed,
        "trailing_bytes": .inconsistent,
    ]

    @Test func everyFileOpensOrFailsAsExpected() throws {
        let corrupt = Config(try CheckpointGoldens.json("corrupt/case.json"), file: "case.json")
        guard case .list(let files) = try corrupt.section("parameters")["files"]?.value else {
            Issue.record("case.json lists no files")
            return
        }
        var faults = 0
        for item in files {
            let file = Config(item, file: "case.json")
            let name = try file.string("file")
            let path = CheckpointGoldens.path("corrupt/\(name)")
            let stem = String(name.dropLast(".safetensors".count))
            let error = checkpointError { try Checkpoint.open(path) }
            let opens = try file.string("expected") == "ok" || CorruptCheckpointTests.modelFaults.contains(stem)
            #expect((error == nil) == opens, "\(name): \(error?.description ?? "opened")")
            if let error {
                faults += 1
                #expect(error.kind == CorruptCheckpointTests.kinds[stem], "\(error)")
                #expect(error.description.hasPrefix(path))
            }
        }
        #expect(faults == CorruptCheckpointTests.kinds.count)
    }

    @Test(arguments: ["ok_header_padding", "ok_unaligned_header", "ok_reversed_header_order"])
    func validVariantsHoldTheSameTensors(_ name: String) throws {
        let base = try Checkpoint.open(CheckpointGoldens.path("base_f32"))
        let variant = try Checkpoint.open(CheckpointGoldens.path("corrupt/\(name).safetensors"))
        #expect(variant.tensors == base.tensors)
        #expect(variant.config.value == base.config.value)
        for tensor in variant.tensors.values {
            let address = Int(bitPattern: try #require(tensor.bytes).pointer)
            #expect(address % tensor.type.dtype.byteWidth == 0)
        }
    }

    @Test(arguments: [
        ("overlapping_offsets", "decoder.blocks.0.attn.proj.weight"),
        ("offsets_reversed", "quantize._codebook.initted"), ("unknown_dtype", "F12"),
        ("offsets_overflow", "decoder.blocks.0.attn.proj.bias"),
        ("offsets_beyond_data", "quantize._codebook.initted"), ("truncated_body", "quantize._codebook.embed"),
    ])
    func messagesNameTheTensor(_ name: String, _ part: String) throws {
        let error = checkpointError { try Checkpoint.open(CheckpointGoldens.path("corrupt/\(name).safetensors")) }
        #expect(try #require(error).description.contains(part))
    }

    @Test func aFileWithoutMetadataTakesTheConfigurationBesideIt() throws {
        let path = CheckpointGoldens.path("corrupt/no_metadata.safetensors")
        #expect(try Checkpoint.open(path).config.int("patch_size") == 4)
        let folder = try TemporaryFolder()
        let alone = folder.file("no_metadata.safetensors")
        try FileManager.default.copyItem(atPath: path, toPath: alone)
        let error = checkpointError { try Checkpoint.open(alone).config.int("patch_size") }
        #expect(error?.kind == .configuration && error?.subject == "patch_size" && error?.file == alone)
        let configured = try Checkpoint.open(path, config: CheckpointGoldens.path("corrupt/config.json"))
        #expect(try configured.config.int("patch_size") == 4)
    }
}
