import Formats
import Foundation
import IR
import Passes
import TestSupport
import Testing

@testable import Artifact
@testable import Runtime

/// Files that are no more what they were, or were made by somebody else.
@Suite struct DamageTests {
    private let place: Place
    private let whole: [UInt8]

    init() throws {
        place = try Place()
        try place.write(try PassManager.run(Sample.module(), [.clean, .precision(.int8, halfRange: false)]).module, for: .avx2)
        whole = try place.bytes()
    }

    private func problem(_ body: (Artifact) throws -> Void = { _ = try $0.plan() }) throws -> String? {
        do { try body(Artifact(path: place.path)) } catch let error as CheckpointError { return error.description }
        return nil
    }

    /// The file with `old` in its header replaced by as many bytes.
    private func replacing(_ old: String, _ new: String) throws -> [UInt8] {
        #expect(old.utf8.count == new.utf8.count)
        var bytes = whole
        guard let range = bytes.firstRange(of: Array(old.utf8)) else { throw Missing(text: old) }
        bytes.replaceSubrange(range, with: Array(new.utf8))
        return bytes
    }

    private struct Missing: Error {
        let text: String
    }

    @Test func aByteOfDataIsMissedByItsChecksumAlone() throws {
        let weight = try #require(SafeTensorsFile(path: place.path).tensors.first { $0.key.hasSuffix("#panels") })
        var bytes = whole
        bytes[(weight.bytes?.offset ?? 0) + 1] ^= 4
        try place.write(bytes)
        #expect(try problem() == nil)
        let text = try #require(try problem { try $0.verify() })
        #expect(text.contains("are damaged") && text.contains(weight.key), "\(text)")
    }

    @Test(arguments: [0.1, 0.5, 0.9, 0.999]) func aShortFileSaysSo(share: Double) throws {
        try place.write(Array(whole.prefix(Int(Double(whole.count) * share))))
        let text = try #require(try problem())
        #expect(text.contains("copy it again"), "\(text)")
    }

    @Test func aLaterVersionIsNamed() throws {
        try place.write(replacing(#""tessera.version":"2""#, #""tessera.version":"7""#))
        let text = try #require(try problem())
        #expect(text.contains("format version 7; this program reads up to 2"), "\(text)")
    }

    @Test func otherSafetensorsAreNamed() throws {
        try SafeTensorsWriter.write(["w": Tensor([1], [1])], to: place.path)
        #expect(!Artifact.isArtifact(place.path))
        #expect(try problem()?.contains("is a safetensors file, but no compiled model") == true)
    }

    @Test func aProgramThatIsNoneIsNamed() throws {
        try place.write(replacing("module @sample", "modul_ @sample"))
        #expect(try problem()?.contains("tessera.program") == true)
    }

    @Test func whatAProgramNeedsMustBeThere() throws {
        try place.write(replacing(#""fc1.bias":{"#, #""fc1.bia_":{"#))
        #expect(try problem()?.contains("fc1.bias") == true)
    }

    @Test func ordersThatDoNotExistAreNamed() throws {
        try place.write(replacing(#"\"form\":\"i7_rest\""#, #"\"form\":\"i9_rest\""#))
        #expect(try problem()?.contains("i9_rest") == true)
    }

    /// Rests say which inputs and columns they are of: those of a stranger's file are looked at.
    @Test func restsBeyondTheWeightAreRefused() throws {
        let artifact = try Artifact(path: place.path)
        let weight = try #require(artifact.packed.weights.first { $0.form == .i7Rest })
        let start = try #require(SafeTensorsFile(path: place.path).byName["\(weight.key)#panels"]?.bytes?.offset)
        var bytes = whole
        // Of 64 outputs and 160 inputs: one block of columns, whose first rest follows two numbers behind weights and sums.
        let rest = start + 64 * 160 + 64 * 4 + 2 * 4
        bytes[rest + 1] = 200
        try place.write(bytes)
        #expect(try problem()?.contains("does not fit its type") == true)
    }

    /// Whatever is changed, reading ends with an error or a plan.
    @Test func changedFilesDoNoHarm() throws {
        var random = SeededRandom(seed: 11)
        let header = Int(whole[0]) | Int(whole[1]) << 8 | Int(whole[2]) << 16
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<8 + header, using: &random)] = UInt8.random(in: 32...126, using: &random)
            }
            try place.write(bytes)
            _ = try? Artifact(path: place.path).plan()
        }
    }
}
