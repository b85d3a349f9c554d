import Foundation
import IR
import TestSupport
import Testing

@testable import FourM
@testable import FourMCodecs
@testable import FourMModels

/// The Shapes model against what the official code made of the same photos (Fixtures/shapes-reference.json says how).
@Suite struct ShapesReferenceTests {
    private struct Reference: Decodable {
        let predicted: [String: [[Int]]]
        let encoded: [String: [[Int]]]
        let caption: [String]
        let det: [String]
    }

    private static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func images(_ kind: String) -> [String] {
        (0..<8).map { DemoBundle.image("00\($0)_\(kind).png") }
    }

    private func reference() throws -> Reference {
        let file = Self.tests.appendingPathComponent("Fixtures/shapes-reference.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }

    /// Share of equal tokens.
    private func agreement(_ a: [[Int]], _ b: [[Int]]) -> Double {
        let pairs = zip(a.flatMap { $0 }, b.flatMap { $0 })
        let count = max(a.flatMap { $0 }.count, b.flatMap { $0 }.count)
        return Double(pairs.filter { $0 == $1 }.count) / Double(max(count, 1))
    }

    @Test func argmaxTokensAndTextsAgreeWithTheOfficialCode() throws {
        let reference = try reference()
        let generator = Generator(try LoadedBundle(path: DemoBundle.folder))
        var request = GenerationRequest()
        request.inputs = [GenerationInput(modality: "rgb@224", value: "")]
        request.targets = reference.predicted.keys.sorted() + ["caption", "det"]
        request.overrides.temperature = 0
        request.overrides.guidance = 1
        request.overrides.steps = 1
        request.isIndependent = true
        let results = try generator.run(request, ["rgb@224": Self.images("rgb").map { .file($0) }])
        for (index, target) in request.targets.enumerated() {
            let tokens = results.map { $0.targets[index].tokens }
            if let expected = reference.predicted[target] { #expect(agreement(tokens, expected) >= 0.995, "\(target)") }
        }
        #expect(results.map { $0.targets[3].text } == reference.caption)
        #expect(results.map { $0.targets[4].text } == reference.det)
    }

    @Test(arguments: ["rgb", "depth", "normal", "semseg"]) func tokenizersAgreeWithTheOfficialCode(kind: String) throws {
        let expected = try #require(try reference().encoded["tok_\(kind)@224"])
        let tokenizer = try LoadedBundle(path: DemoBundle.folder).tokenizer("tok_\(kind)")
        let input = try TokenizerInput.pictures(
            base: "tok_\(kind)", Self.images(kind), size: PixelSize(height: 224, width: 224), tokenizer.normalization)
        let ids = try tokenizer.tokenize(input.tensor).integers
        let tokens = (0..<8).map { Array(ids[$0 * 196..<($0 + 1) * 196]) }
        #expect(agreement(tokens, expected) >= 0.995)
    }
}
