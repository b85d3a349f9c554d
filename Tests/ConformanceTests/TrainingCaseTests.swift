import Conformance
import Foundation
import TestSupport
import Testing

private let needsTraining: ConditionTrait = .enabled(
    if: FileManager.default.fileExists(atPath: SharedData.path("training/README.md")), "needs ../shared/training beside the package")

/// Cases of training: `../shared/training`.
@Suite("Cases of training", needsTraining)
struct TrainingCaseTests {
    private static let names = [
        "wordpiece", "wordpiece_exhausted", "masking_exact", "masking_mod7_all2all_rgb2all_a0.5", "masking_mod7_capbias", "schedules",
        "fm_loss_swiglu_nobias", "fm_loss_qknorm", "fm_loss_gelu_bias_empty", "fm_loss_sep_causal", "fm_loss_share_registers",
    ]

    @Test(arguments: names) func agreesWithTheReference(_ name: String) {
        let result = Conformance.run(SharedData.root.appendingPathComponent("training/\(name)"))
        #expect(result.verdict == .pass, "\(result.line)")
    }

    /// One change of a file's text must fail the case, and be named.
    @Test(arguments: [
        ("wordpiece", "tokenizer.json", "\"racket\": ", "\"rackets\": ", "tokenizer.json differs"),
        ("wordpiece", "expected.json", "\"airplane\": 13", "\"airplane\": 12", "word_counts"),
        ("wordpiece", "corpus.txt", "three boys", "three girls", "expected"),
        ("masking_exact", "cases.json", "\"input\":[5,17761]", "\"input\":[17761,5]", "span[9].input"),
        ("masking_exact", "cases.json", "\"budgets\":", "\"budget\":", "budgets"),
        ("masking_mod7_capbias", "statistics.json", "\"mean\": 34.5429", "\"mean\": 39.5429", "caption.input_budget.mean"),
        ("schedules", "schedules.json", "\"min_lr\": 4e-06", "\"min_lr\": 5e-06", "run[1].min_lr"),
    ])
    func noticesAChange(_ name: String, _ file: String, _ old: String, _ new: String, _ words: String) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("tessera-training-\(UUID().uuidString)")
        defer { try? files.removeItem(at: folder) }
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        let original = SharedData.root.appendingPathComponent("training/\(name)")
        for entry in try files.contentsOfDirectory(atPath: original.path) where entry != file {
            try files.createSymbolicLink(
                at: folder.appendingPathComponent(entry), withDestinationURL: original.appendingPathComponent(entry))
        }
        let text = try String(contentsOf: original.appendingPathComponent(file), encoding: .utf8)
        let range = try #require(text.range(of: old), "\(file) lacks \(old)")
        try Data(text.replacingCharacters(in: range, with: new).utf8).write(to: folder.appendingPathComponent(file))
        let result = Conformance.run(folder)
        #expect(result.verdict == .fail && result.detail.contains(words), "\(result.line)")
    }

    /// Kinds that are not run yet say so, and do not pass.
    @Test func otherKindsAreNamed() throws {
        let result = Conformance.run(SharedData.root.appendingPathComponent("training/lora_all"))
        #expect(result.verdict == .pass || result.verdict == .unsupported && result.detail.contains("lora-step"), "\(result.line)")
    }
}
