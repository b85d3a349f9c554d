import Formats
import Foundation
import IR
import Testing

@testable import CLI

@Suite struct InspectTests {
    static let model = Shared.path("goldens/fm/fm7_gelu_bias/model.safetensors")
    static let tokenizer = Shared.path("goldens/tokenizer/vqvae_semseg")

    @Test(needsShared) func summaryOfATransformer() async throws {
        let text = await Command("inspect", Self.model)
        #expect(text.code == 0, "\(text.messages)")
        for part in ["4M transformer", "parameters", "modalities", "vocabulary", "rgb@224", "FLOP", "encode"] {
            #expect(text.output.contains(part))
        }
        let json = try await Command("inspect", Self.model, "--json").json()
        #expect(json["family"] as? String == "4m_transformer")
        let checkpoint = try Checkpoint.open(Self.model)
        let stored = checkpoint.tensors.filter { checkpoint.aliases[$0.key] == nil }.values.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        #expect((json["bytesByType"] as? [String: Int])?.values.reduce(0, +) == stored)
        let functions = try #require(json["functions"] as? [[String: Any]])
        let encode = try #require(functions.first { $0["name"] as? String == "encode" })
        let cost = try #require(encode["cost"] as? [String: Int])
        #expect((cost["flops"] ?? 0) > 0 && (cost["workingBytes"] ?? 0) > 0)
    }

    /// A tied tensor is one tensor, and half a tokenizer is what its functions read.
    @Test(needsShared) func parametersAreThoseInUse() async throws {
        let tied = try await Command("inspect", Shared.path("goldens/checkpoint/fm_shared_alias"), "--json").json()
        let checkpoint = try Checkpoint.open(Shared.path("goldens/checkpoint/fm_shared_alias"))
        let stored = checkpoint.tensors.values.filter { checkpoint.aliases[$0.key] == nil }
        #expect(!checkpoint.aliases.isEmpty)
        #expect(tied["parameters"] as? Int == stored.reduce(0) { $0 + ($1.type.elementCount.value ?? 0) })
        #expect((tied["bytesByType"] as? [String: Int])?.values.reduce(0, +) == stored.reduce(0) { $0 + ($1.bytes?.count ?? 0) })
        func bytes(_ part: String) async throws -> Int {
            let json = try await Command("inspect", Shapes.folder + "/tok_depth.safetensors", "--part", part, "--json").json()
            let bytes = try #require(json["bytesByType"] as? [String: Int])
            let parameters = try #require(json["parameters"] as? Int)
            #expect(parameters == (bytes["f16"] ?? 0) / 2 + (bytes["f32"] ?? 0) / 4)
            return bytes.values.reduce(0, +)
        }
        let (whole, encoder, decoder) = (try await bytes("whole"), try await bytes("encoder"), try await bytes("decoder"))
        // Both halves read the codebook.
        #expect(encoder < whole && decoder < whole && encoder + decoder > whole)
    }

    /// The lowered stage is shown without packed weights, which would take the time and memory of a run.
    @Test(needsShared) func loweredModulesKeepTheirWeights() async throws {
        let clean = await Command("inspect", Self.tokenizer, "--ir", "--stage", "clean")
        let lowered = await Command("inspect", Self.tokenizer, "--ir", "--stage", "lowered")
        #expect(lowered.code == 0 && lowered.output.contains("stage(lowered)"), "\(lowered.messages)")
        // What is added are the nodes that pack weights; the weights are the same.
        #expect(lowered.output.contains("= pack(@") && !clean.output.contains("= pack(@"))
        func constants(_ text: String) -> [Substring] { text.split(separator: "\n").filter { $0.contains("  const @") } }
        #expect(constants(lowered.output) == constants(clean.output))
    }

    @Test(needsShared) func sizesChangeTheCost() async throws {
        func flops(_ batch: Int) async throws -> Int {
            let json = try await Command(
                "inspect", Self.model, "--function", "encode", "--bind", "batch=\(batch)", "--json"
            ).json()
            let functions = try #require(json["functions"] as? [[String: Any]])
            #expect(functions.count == 1)
            return try #require((functions[0]["cost"] as? [String: Int])?["flops"])
        }
        #expect(try await flops(3) == 3 * flops(1))
    }

    @Test(needsShared) func irOfAFunctionReadsBack() async throws {
        for stage in ["imported", "clean"] {
            let text = await Command("inspect", Self.tokenizer + "/model.safetensors", "--ir", "--stage", stage)
            #expect(text.code == 0, "\(text.messages)")
            #expect(try Module(parsing: text.output).description == text.output)
        }
        let one = await Command("inspect", Self.tokenizer, "--ir", "--function", "tokenize")
        #expect(one.output.hasPrefix("  func @tokenize(%labels: i64["))
    }

    @Test(needsShared) func wrongNamesListWhatThereIs() async {
        let function = await Command("inspect", Self.model, "--function", "encod")
        #expect(function.code == 2)
        #expect(function.messages.contains("--function encod: model 'model' has no such function; did you mean encode?"))
        let size = await Command("inspect", Self.model, "--bind", "tokns=3")
        #expect(size.code == 2)
        #expect(size.messages.contains("has no size called 'tokns'; it has: batch"))
    }

    @Test(needsShared) func bundleListsItsParts() async throws {
        let folder = try TemporaryFolder()
        let tokenizers = "tokenizers:\n  tok_semseg: \(Self.tokenizer)\n  tok_rgb: gone.safetensors\n"
        try folder.write("name: toy\nmodel: \(Self.model)\n" + tokenizers, "bundle.yaml")
        let json = try await Command("inspect", folder.path, "--json").json()
        let parts = try #require(json["parts"] as? [[String: Any]])
        #expect(parts.compactMap { $0["role"] as? String } == ["model", "tokenizer", "tokenizer"])
        #expect(parts[1]["problem"] != nil && parts[2]["family"] as? String == "vqvae")
        let ir = await Command("inspect", folder.path, "--ir")
        #expect(ir.code == 2 && ir.messages.contains("is a bundle of several models"))
    }
}
