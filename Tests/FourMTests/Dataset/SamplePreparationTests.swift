import Foundation
import IR
import Media
import Testing

@testable import Formats
@testable import FourMCodecs
@testable import FourMData
@testable import FourMModels
@testable import FourMSettings

@Suite struct SamplePreparationTests {
    private func preparation(
        _ files: DenseFiles, side: Int = 2, channels: Int = 3, classes: Int = 0, maskValue: Float? = nil, takesVectors: Bool = false
    ) -> SamplePreparation {
        let form = DenseForm(
            modality: "t", size: PixelSize(height: side, width: side), channels: channels, classes: classes, takesVectors: takesVectors,
            normalization: .none)
        return SamplePreparation(files: files, form: form, filter: .nearest, maskValue: maskValue)
    }

    private func png(_ image: ByteImage) throws -> ByteSlice { slice(try image.pngBytes()) }

    private func slice(_ bytes: [UInt8]) -> ByteSlice { ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }) }

    /// 3 × 2 pixels of one channel.
    private func gray(_ values: [UInt8]) throws -> ByteImage { try ByteImage(width: 3, height: 2, channels: 1, samples: values) }

    private let crops = CropSettings([
        CropSettings.Crop(top: 0, left: 0, height: 2, width: 2), CropSettings.Crop(top: 0, left: 1, height: 2, width: 2, flip: true),
    ])

    private func inputs(_ preparation: SamplePreparation, _ image: ByteImage, mask: ByteImage? = nil) throws -> Tensor {
        try preparation.inputs(preparation.decode(png(image), name: "t"), crops, mask: mask, name: "t")
    }

    @Test func classIdsAreCutFlippedAndShifted() throws {
        let image = try gray([0, 1, 2, 3, 4, 255])
        #expect(try inputs(preparation(.labels(shifted: false)), image) == Tensor(integers: [0, 1, 3, 4, 2, 1, 255, 4], [2, 2, 2]))
        #expect(try inputs(preparation(.labels(shifted: true)), image) == Tensor(integers: [1, 2, 4, 5, 3, 2, 0, 5], [2, 2, 2]))
        let error = #expect(throws: FourMError.self) { try inputs(preparation(.labels(shifted: true), classes: 5), image) }
        #expect(error?.description == "t: class 5 is not among the 5 classes of the tokenizer")
    }

    @Test func flippedNormalsPointTheOtherWay() throws {
        let image = try ByteImage(width: 3, height: 2, channels: 3, samples: (0..<6).flatMap { [UInt8($0 * 10), 100, 200] })
        let red = try inputs(preparation(.normals), image).floats.map { Int(($0 * 255).rounded()) }
        #expect(Array(red[0..<4]) == [0, 10, 30, 40])
        #expect(Array(red[12..<16]) == [235, 245, 205, 215])
        #expect(red[16..<20].allSatisfy { $0 == 100 } && red[20..<24].allSatisfy { $0 == 200 })
    }

    @Test func masksFillAndAreAppendedWhereTheTokenizerTakesThem() throws {
        let image = try ByteImage(width: 3, height: 2, channels: 3, filledWith: 255)
        let mask = try gray([255, 254, 255, 0, 255, 255])
        let filled: [Float] = [1, -7, -7, 1], flipped: [Float] = [1, -7, 1, 1]
        let plain = try inputs(preparation(.colors, channels: 3, maskValue: -7), image, mask: mask)
        #expect(plain == Tensor(filled + filled + filled + flipped + flipped + flipped, [2, 3, 2, 2]))
        let joined = try inputs(preparation(.colors, channels: 4, maskValue: -7), image, mask: mask)
        #expect(joined.shape == [2, 4, 2, 2])
        #expect(Array(joined.floats[12..<16]) == [1, -1, -1, 1] && Array(joined.floats[28..<32]) == [1, -1, 1, 1])
    }

    @Test func masksMustBeGrey() throws {
        let masks = preparation(.colors, maskValue: 0)
        #expect(try masks.decodeMask(png(gray([0, 1, 2, 3, 4, 5])), name: "m").samples == [0, 1, 2, 3, 4, 5])
        #expect(throws: FourMError.self) {
            try masks.decodeMask(png(ByteImage(width: 1, height: 1, channels: 3, filledWith: 255)), name: "m")
        }
    }

    @Test func featuresComeWithOrWithoutCrops() throws {
        func read(_ tensor: Tensor, takesVectors: Bool = false) throws -> Tensor? {
            let features = preparation(.features, channels: 2, takesVectors: takesVectors)
            guard case .features(let read) = try features.decode(slice(NumpyFile.encode(tensor)), name: "f") else { return nil }
            return read
        }
        #expect(try read(Tensor([1, 2, 3, 4], [2, 1, 2])) == Tensor([1, 2, 3, 4], [1, 2, 1, 2]))
        #expect(try read(Tensor([1, 2, 3, 4], [2, 2, 1, 1], as: .f16)) == Tensor([1, 2, 3, 4], [2, 2, 1, 1]))
        for wrong in [
            Tensor([1, 2, 3], [3, 1, 1]), Tensor([1, 2], [2]), Tensor(integers: [1, 2], [2, 1, 1]), Tensor([], [2, 0, 1]),
            Tensor([1, .infinity], [2, 1, 1]),
        ] {
            #expect(throws: FourMError.self) { try read(wrong) }
        }
        #expect(try read(Tensor([1, 2, 3, 4], [2, 2]), takesVectors: true) == Tensor([1, 2, 3, 4], [2, 2, 1, 1]))
    }
}
