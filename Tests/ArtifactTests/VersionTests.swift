import Formats
import Foundation
import IR
import Testing

@testable import Artifact
@testable import Runtime

/// Files of earlier versions of the format run for good: `Tests/Artifacts/version-N-….tess`, as the program of that version wrote them, with inputs
/// and results in a `.safetensors` file beside each.
@Suite struct VersionTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Artifacts").path

    /// Dense layers in int8 with constants as tensors; filters in f32 for Winograd's algorithms and others, small constants in the text.
    @Test(arguments: ["version-1-dense", "version-1-filters"]) func runsAsRecorded(_ name: String) throws {
        let artifact = try Artifact(path: "\(Self.folder)/\(name).tess")
        #expect(artifact.version == 1 && artifact.target == "avx2" && artifact.provenance.program == "tessera 0.1.0")
        try artifact.verify()
        let recorded = try SafeTensorsFile(path: "\(Self.folder)/\(name).safetensors").byName
        let session = Session(try artifact.plan())
        let graph = try #require(artifact.packed.module.function("main"))
        let inputs = graph.signature.inputs.map(\.name)
        let results = try session.run("main", try inputs.reduce(into: [:]) { $0[$1] = try #require(recorded[$1]?.tensor) })
        #expect(Set(recorded.keys) == Set(inputs).union(results.keys))
        for (output, tensor) in results {
            let expected = try #require(recorded[output]?.tensor)
            #expect(tensor.shape == expected.shape)
            // Recorded with avx2; kernels of f32 are close to each other on other instruction sets.
            let largest = zip(tensor.floats, expected.floats).map { abs($0 - $1) }.max() ?? 1
            #expect(largest <= 1e-6, "\(output) is off by \(largest)")
        }
    }

    /// What was written then can be written anew, with the same results.
    @Test func canBePackedAgain() throws {
        let place = try Place()
        let old = try Artifact(path: "\(Self.folder)/version-1-dense.tess")
        try Artifact.write(old.packed.repacked(for: .avx512), target: .avx512, provenance: old.provenance, to: place.path)
        let new = try Artifact(path: place.path)
        #expect(new.version == ArtifactFile.version)
        let recorded = try SafeTensorsFile(path: "\(Self.folder)/version-1-dense.safetensors").byName
        let inputs = ["x": try #require(recorded["x"]?.tensor)]
        #expect(try Session(new.plan()).run("main", inputs) == Session(old.plan()).run("main", inputs))
    }

    /// A bundle in one file: a model of dense layers in int8 for one machine, one of a picture's filter in f32 for another, a text.
    @Test func aBundleRunsAsRecorded() throws {
        let file = try ArtifactFile(path: "\(Self.folder)/version-2-bundle.tess")
        #expect(file.version == 2 && file.models == ["dense.tess", "filter.tess"] && file.files == ["words.json"])
        try file.verify()
        #expect(Array(try file.contents("words.json").buffer) == Array("[\"a\", \"b\"]".utf8))
        let recorded = try SafeTensorsFile(path: "\(Self.folder)/version-2-bundle.safetensors").byName
        for (name, target) in [("dense", "avx2"), ("filter", "avx512vnni")] {
            let model = try file.model("\(name).tess")
            #expect(model.target == target && model.packed.module.largestSizes == ["n": 64])
            let inputs = ["x": try #require(recorded["\(name).x"]?.tensor)]
            let y = try #require(try Session(model.plan()).run("main", inputs)["y"])
            let expected = try #require(recorded["\(name).y"]?.tensor)
            let largest = zip(y.floats, expected.floats).map { abs($0 - $1) }.max() ?? 1
            #expect(y.shape == expected.shape && largest <= 1e-6, "\(name) is off by \(largest)")
        }
    }
}
