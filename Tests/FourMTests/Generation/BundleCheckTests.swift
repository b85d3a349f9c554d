import Foundation
import FourMCodecs
import TestSupport
import Testing

@testable import FourM
@testable import FourMModels
@testable import FourMSettings

/// The demo bundle with a line of its `bundle.yaml` changed.
@Suite final class BundleCheckTests {
    private let file = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-check-\(UUID().uuidString).yaml")

    deinit { try? FileManager.default.removeItem(at: file) }

    private func loaded(_ changes: [(String, String)]) throws -> LoadedBundle {
        var text = try String(contentsOfFile: DemoBundle.folder + "/bundle.yaml", encoding: .utf8)
        for (old, new) in changes { text = text.replacing(old, with: new) }
        let names = ["fm", "tok_rgb_vqvae", "tok_rgb", "tok_depth", "tok_normal", "tok_semseg"].map { $0 + ".safetensors" }
        for name in names + ["text_tokenizer.json"] { text = text.replacing(": \(name)", with: ": \(DemoBundle.folder)/\(name)") }
        try Data(text.utf8).write(to: file)
        return try LoadedBundle(path: file.path)
    }

    private func request(_ targets: [String]) -> GenerationRequest {
        var request = GenerationRequest()
        request.inputs = [GenerationInput(modality: "rgb", value: DemoBundle.photo(7))]
        request.targets = targets
        return request
    }

    /// What generation says of the bundle before it compiles a model; nil for nothing.
    private func problem(_ loaded: LoadedBundle, _ targets: [String] = []) throws -> String? {
        let generator = Generator(loaded)
        var compiled: [String] = []
        loaded.onLoad = { compiled.append($0) }
        defer { #expect(compiled.isEmpty) }
        let request = try generator.named(request(targets), [:]).request
        do {
            try generator.check(request, generator.settings(request), [:])
            return nil
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("tok_depth: tok_depth", "tok_depth: tok_normal", "takes pictures of 3 channels"),
        ("tok_normal: tok_normal", "tok_normal: tok_rgb_vqvae", "has 1024 codes where the model has 256 token ids for 'tok_normal@224'"),
        ("tok_semseg: tok_semseg", "tok_semseg: fm", "is a 4M transformer"),
        ("tok_semseg: tok_semseg.safetensors", "tok_semseg: \(DemoBundle.folder)/bundle.yaml", "bundle.yaml"),
        ("tok_semseg: tok_semseg.safetensors", "tok_semseg: nothing.safetensors", "nothing.safetensors"),
        ("box_bins: 100", "box_bins: 1000", "set 'box_bins: 100'"), ("box_bins: 100", "", "set 'box_bins: 100'"),
        (", cone]", "]", "semseg_classes has 5 names"),
        ("text_tokenizer: text_tokenizer.json", "text_tokenizer: \(DemoBundle.folder)/fm.json", "fm.json"),
    ])
    func wrongPartsAreFoundBeforeAnythingIsCompiled(_ old: String, _ new: String, _ words: String) throws {
        let found = try problem(loaded([(old, new)]))
        #expect(found?.contains(words) == true, "\(found ?? "nothing")")
    }

    @Test func onlyWhatIsNeededIsLookedAt() throws {
        let wrong = try loaded([
            ("tok_semseg: tok_semseg.safetensors", "tok_semseg: nothing.safetensors"), ("box_bins: 100", "box_bins: 10"),
        ])
        #expect(try problem(wrong, ["caption", "depth"]) == nil)
        #expect(try problem(wrong, ["det"]) != nil)
        #expect(try problem(loaded([])) == nil)
    }

    @Test func wordsBecomeTheModelsNames() throws {
        let generator = Generator(try loaded([]))
        var request = request(["depth", "tok_semseg", "normal@224"])
        request.masks = ["rgb": [.file("hole.png")]]
        request.conditions = [WeightedCondition(modality: "depth", values: ["d.png"], weight: 1)]
        let made = try generator.named(request, ["rgb": [.given("a.png")]])
        #expect(made.request.inputs.map(\.modality) == ["rgb@224"] && made.values.keys.sorted() == ["rgb@224"])
        #expect(made.request.targets == ["tok_depth@224", "tok_semseg@224", "tok_normal@224"])
        #expect(made.request.masks == ["rgb@224": [.file("hole.png")]] && made.request.conditions[0].modality == "tok_depth@224")
        #expect(try generator.named(request, ["rgb": [.given("a.npy")]]).request.inputs.map(\.modality) == ["tok_rgb@224"])
        #expect(try generator.named(made.request, made.values).request.inputs == made.request.inputs)
        request.inputs.append(GenerationInput(modality: "rgb@224", value: "b.png"))
        #expect(throws: FourMError.self) { try generator.named(request, [:]) }
        #expect(throws: FourMError.self) { try generator.named(self.request(["rgb", "tok_rgb"]), [:]) }
    }
}
