import Foundation
import IR
import Inspect
import Testing

@Suite struct TensorFolderTests {
    @Test func namesWithSlashesAreSubfolders() throws {
        let folder = try Scratch()
        let tensors = ["tok_rgb@224/x": Tensor([1, 2], [2]), "b": Tensor([3], [1])]
        _ = try TensorFolder.writeNumpy(tensors, to: folder.path)
        #expect(try TensorFolder.read(folder.path) == tensors)
        let leadOut = ["../x", "a/..", "..", "", "/x", "a//b", "./a", "a\0b", "../\u{301}x", "a/\u{600}/../x", "/\u{301}x", "a\u{9B}b"]
        for name in leadOut + [String(repeating: "x", count: 255)] {
            #expect(throws: WorkError.self, "\(name)") {
                try TensorFolder.writeNumpy([name: Tensor([1], [1])], to: folder.path + "/x")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/x"))
    }

    @Test func inputsAreFittedOrNamed() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  func @f(%x: f32[n], %ids: i64[n]) -> (y: f32[n]) {
                    %0 = silu(%x) : f32[n]
                    return %0
                  }
                }

                """)
        let graph = try #require(module.function("f"))
        var notes: [String] = []
        let given = ["x": Tensor([1, 2], [2], as: .f64), "ids": Tensor(integers: [3, 4], [2], as: .i16), "spare": Tensor([0], [1])]
        let fitted = try InputFitting.fit(given, graph, from: "in") { notes.append($0) }
        #expect(fitted["x"] == Tensor([1, 2], [2]) && fitted["ids"] == Tensor(integers: [3, 4], [2]) && fitted.count == 2)
        #expect(notes.count == 3 && notes.contains("'spare' is no input of 'f' and is not used"))
        let missing = #expect(throws: WorkError.self) { try InputFitting.fit(["x": Tensor([1], [1])], graph, from: "in") { _ in } }
        #expect(missing?.cause == .content && missing?.description.contains("needs ids, but in holds only x") == true)
        let nowhere = #expect(throws: WorkError.self) { try TensorFolder.read("/nowhere") }
        #expect(
            nowhere?.cause == .missing && nowhere?.prefixed("--inputs").description.hasPrefix("--inputs /nowhere does not exist") == true)
    }
}

/// A folder that is removed when the object goes.
final class Scratch {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-inspect-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
