import Foundation
import IR
import Passes
import TestSupport
import Testing

@testable import Artifact
@testable import Formats
@testable import Runtime

/// Several models in one file, with what else a bundle has.
@Suite struct BundleFileTests {
    private let place: Place
    /// The models as files of their own.
    private let parts: [String: Place]

    init() throws {
        (place, parts) = (try Place(), ["one.tess": try Place(), "two.tess": try Place()])
        let module = try Sample.module()
        try parts["one.tess"]?.write(try PassManager.run(module, [.clean]).module, for: .avx512)
        try parts["two.tess"]?.write(try PassManager.run(module, [.clean, .precision(.int8, halfRange: true)]).module, for: .avx2)
        try write(to: place)
    }

    private func write(to place: Place, _ name: String = "two.tess") throws {
        let models = try parts.mapValues { try Artifact(path: $0.path) }
        let named = Dictionary(uniqueKeysWithValues: models.map { ($0.key == "two.tess" ? name : $0.key, $0.value) })
        let text = ByteSlice(copying: Array("{}".utf8))
        try ArtifactFile.write(bundle: "model: one.tess\n", models: named, files: ["words.json": text], to: place.path)
    }

    private func problem(_ body: () throws -> Void) throws -> String {
        do { try body() } catch let error as CheckpointError { return error.description }
        Issue.record("nothing was refused")
        return ""
    }

    @Test func eachModelIsWhatItWasAlone() throws {
        let file = try ArtifactFile(path: place.path)
        #expect(file.models == ["one.tess", "two.tess"] && file.files == ["words.json"] && file.bundle == "model: one.tess\n")
        try file.verify()
        #expect(Array(try file.contents("words.json").buffer) == Array("{}".utf8))
        for (name, part) in parts {
            let (alone, inside) = (try Artifact(path: part.path), try Artifact(path: "\(place.path)/\(name)"))
            #expect(inside.path == "\(place.path)/\(name)" && inside.target == alone.target && inside.provenance == alone.provenance)
            #expect(try inside.digest == alone.digest)
            try inside.verify()
            let (expected, found) = (
                try Session(alone.plan()).run("main", Sample.inputs), try Session(inside.plan()).run("main", Sample.inputs)
            )
            #expect(found == expected)
        }
    }

    /// Nothing is copied, and everything lies where vectors want it.
    @Test func allModelsArePagesOfOneMapping() throws {
        let file = try ArtifactFile(path: place.path)
        let weights = try file.models.flatMap { try file.model($0).packed.weights }
        #expect(weights.count >= 8 && Set(weights.map { ObjectIdentifier($0.bytes.owner) }).count == 1)
        #expect(weights.allSatisfy { Int(bitPattern: $0.bytes.pointer) % 64 == 0 })
        // Any reader of safetensors opens it.
        #expect(try SafeTensorsFile(path: place.path).byName["two.tess/labels"] != nil)
    }

    @Test func sameInputGivesSameBytes() throws {
        let other = try Place()
        try write(to: other)
        #expect(try place.bytes() == other.bytes())
    }

    @Test func whatIsNotThereIsNamed() throws {
        let file = try ArtifactFile(path: place.path)
        #expect(try problem { _ = try file.model("three.tess") }.contains("it has: one.tess, two.tess"))
        #expect(try problem { _ = try file.contents("one.tess") }.contains("it holds: words.json"))
        #expect(try problem { try file.require("x.json") }.contains("the bundle names it"))
        #expect(try problem { _ = try Artifact(path: place.path) }.contains("name one of them: \(place.path)/one.tess"))
        let alone = try #require(parts["one.tess"]).path
        #expect(try problem { _ = try ArtifactFile(path: alone).model("one.tess") }.contains("no bundle that holds others"))
        #expect(CompiledPlace(alone + "/one.tess") == nil && CompiledPlace(place.path + "/x")?.member == "x")
        #expect(CompiledPlace(place.path + "/a/b") == nil && !CompiledPlace.isBundle(alone) && CompiledPlace.isBundle(place.path))
        for name in ["", "a/b", "#padding.1"] {
            #expect(try problem { try write(to: Place(), name) }.contains("can be called so"))
        }
    }

    /// Each part of the file has a sum of its own: data of either model, other files, the header.
    @Test(arguments: ["one.tess/table", "two.tess/fc1.weight#i8(half)#panels", "words.json"])
    func damagedDataAreNamed(_ tensor: String) throws {
        var bytes = try place.bytes()
        let stored = try SafeTensorsFile(path: place.path).byName
        let name = try #require(stored.keys.first { $0 == tensor || ($0.hasPrefix("two.tess/fc1.weight") && tensor.hasSuffix("#panels")) })
        bytes[try #require(stored[name]?.bytes).offset + 1] ^= 1
        try place.write(bytes)
        let text = try problem { try ArtifactFile(path: place.path).verify() }
        #expect(text.contains("are damaged") && text.contains(String(name.split(separator: "/").last ?? "")), "\(text)")
    }

    @Test func aChangedHeaderIsFound() throws {
        var bytes = try place.bytes()
        let range = try #require(bytes.firstRange(of: Array("model: one.tess".utf8)))
        bytes.replaceSubrange(range, with: Array("model: two.tess".utf8))
        try place.write(bytes)
        #expect(try problem { try ArtifactFile(path: place.path).verify() }.contains("the header is damaged"))
    }

    @Test func cutAndLaterFilesSaySo() throws {
        let whole = try place.bytes()
        for share in [0.2, 0.6, 0.99] {
            try place.write(Array(whole.prefix(Int(Double(whole.count) * share))))
            #expect(try problem { _ = try ArtifactFile(path: place.path) }.contains("copy it again"))
        }
        var later = whole
        let range = try #require(later.firstRange(of: Array(#""tessera.version":"2""#.utf8)))
        later.replaceSubrange(range, with: Array(#""tessera.version":"9""#.utf8))
        try place.write(later)
        #expect(try problem { _ = try ArtifactFile(path: place.path) }.contains("format version 9"))
        #expect(CompiledPlace.isBundle(place.path), "so that the version is what people read")
    }

    /// A model that lacks its program is no model of the file, and what is left of it belongs to none.
    @Test func aModelWithoutProgramIsMissed() throws {
        var bytes = try place.bytes()
        let range = try #require(bytes.firstRange(of: Array("two.tess/tessera.program".utf8)))
        bytes.replaceSubrange(range, with: Array("two.tess/tessera.progra_".utf8))
        try place.write(bytes)
        let file = try ArtifactFile(path: place.path)
        #expect(file.models == ["one.tess"])
        #expect(try problem { _ = try file.model("two.tess") }.contains("no such model"))
    }
}
