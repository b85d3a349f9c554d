import Conformance
import Foundation
import TestSupport
import Testing

/// The golden data beside the package.
enum Goldens {
    static let root = SharedData.root.appendingPathComponent("goldens")

    /// Names of all cases, as the index lists them.
    static let names: [String] = {
        guard let data = try? Data(contentsOf: root.appendingPathComponent("index.json")),
            let index = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return [] }
        return (index["cases"] as? [[String: Any]] ?? []).compactMap { $0["case"] as? String }
    }()

    static func folder(_ name: String) -> URL { root.appendingPathComponent(name) }

    /// Every folder with a case file, found on disk.
    static func foldersOnDisk() throws -> Set<String> {
        var found: Set<String> = []
        for group in try FileManager.default.contentsOfDirectory(atPath: root.path) {
            let folder = root.appendingPathComponent(group)
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            where FileManager.default.fileExists(atPath: folder.appendingPathComponent("\(name)/case.json").path) {
                found.insert("\(group)/\(name)")
            }
        }
        return found
    }
}

let needsShared: ConditionTrait = .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))

@Suite struct SharedDataTests {
    /// Without the data, tests that read them are skipped, and tests of each case have no cases.
    @Test func areThereWhereTheyAreRequired() {
        #expect(SharedData.isPresent || !SharedData.isWanted, "TESSERA_REQUIRE_SHARED=1, and \(SharedData.root.path) holds no golden data")
    }
}

@Suite("Golden cases", needsShared)
struct GoldenTests {
    /// Models and containers that are not read yet. A case that starts to work must leave this list.
    static let unsupported: Set<String> = []

    @Test(arguments: Goldens.names)
    func agreesWithTheReference(_ name: String) throws {
        let result = Conformance.run(Goldens.folder(name))
        #expect(result.verdict == (Self.unsupported.contains(name) ? .unsupported : .pass), "\(result.line)")
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let output: String
        var testDescription: String { "\(output) of \(name)" }

        init(_ name: String, _ output: String) {
            self.name = name
            self.output = output
        }
    }

    /// One changed element of one output must fail the case, and be named.
    @Test(arguments: [
        Change("fm/fm7_empty_context", "enc.mask"), Change("fm/fm7_causal_sepmask", "train.token.det"),
        Change("fm/fm7_registers", "enc.mod_mask"), Change("generation/gen7_runs", "caption_ar_eos_s2.final.caption.target_mask"),
        Change("generation/gen7_multi_guided", "roar.tokens"), Change("generation/sampling_filter", "p3"),
        Change("diffusion/schedulers", "st300"), Change("diffusion/divae_unet_noresample", "call1"),
        Change("tokenizer/vqvae_semseg", "in1.tokens"), Change("checkpoint/stored_f16", "latents"),
        Change("checkpoint/fm_shared_alias", "encoder_embeddings.caption.mod_emb"), Change("images/preprocess", "crop2"),
        Change("images/depth_normal", "normal1"),
    ])
    func noticesAChangedElement(_ change: Change) throws {
        let copy = try GoldenCopy(change.name)
        defer { copy.remove() }
        try copy.changeFirstElement(of: change.output)
        let result = Conformance.run(copy.folder)
        #expect(result.verdict == .fail, "\(result.line)")
        #expect(result.detail.contains(change.output), "\(result.line)")
    }

    @Test func everyCaseIsListed() throws {
        #expect(Goldens.names.count == 44)
        #expect(Set(Goldens.names) == (try Goldens.foldersOnDisk()))
        #expect(Self.unsupported.isSubset(of: Goldens.names))
    }
}
