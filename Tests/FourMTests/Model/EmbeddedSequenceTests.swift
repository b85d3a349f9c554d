import IR
import TestSupport
import Testing

@testable import Formats
@testable import FourM
@testable import FourMModels

/// Texts that come as vectors, as the reference's data sets store them.
@Suite struct EmbeddedSequenceTests {
    private func info() throws -> ModelModality {
        let t5 = SyntheticModel.Modality("t5_caption", .vectors(width: 4, bottleneck: nil), positions: 8)
        return try #require(try ModelModality.read(SyntheticModel([t5]).module())["t5_caption"])
    }

    @Test func onlyValidVectorsAreGiven() throws {
        let place = try TemporaryPlace()
        var random = SampleTensors(seed: 2)
        let (first, second) = (random.floats([2, 5, 4]), random.floats([3, 4]))
        let valid = Tensor(bools: [true, true, false, false, false, true, true, true, true, true], [2, 5])
        try NumpyArchive.write(["emb": first, "mask_valid": valid], to: place.file("a.npz"))
        try NumpyFile.write(second, to: place.file("b.npy"))
        let batch = try EmbeddedSequence.batch(info(), [.file(place.file("a.npz")), .file(place.file("b.npy"))])
        guard case .embeddings(let tensor) = batch.content else {
            Issue.record("\(batch.content)")
            return
        }
        #expect(tensor.shape == [2, 3, 4])
        #expect(tensor.floats == first.floats[0..<8] + [0, 0, 0, 0] + second.floats)
        #expect(batch.inputMask == [[false, false, true], [false, false, false]])
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let place = try TemporaryPlace()
        let info = try info()
        func message(_ tensors: [String: Tensor]) throws -> String {
            try NumpyArchive.write(tensors, to: place.file("x.npz"))
            do { return "\(try EmbeddedSequence.batch(info, [.file(place.file("x.npz"))]).length)" } catch { return "\(error)" }
        }
        #expect(try message(["other": Tensor([1], [1, 1])]).contains("no array 'emb'"))
        #expect(try message(["emb": Tensor(integers: [1], [1, 1])]).contains("takes a float array"))
        #expect(try message(["emb": Tensor(zeros: .f32, [9, 4])]).contains("9 vectors; this model takes 8"))
        #expect(try message(["emb": Tensor(zeros: .f32, [3, 4]), "mask_valid": Tensor(bools: [true], [1])]).contains("does not fit"))
    }
}
