import Media
import Testing

/// goldens/images/depth_normal. The case lists no parameters; these reproduce its outputs: depth is cropped at (4, 5)
/// and resized by nearest (0) or the default filter (1, bicubic for 16 bits in the data, whatever the description
/// says), normals are cropped at (0, 0) and resized bilinearly. Index 1 is flipped.
@Suite(needsShared) struct DepthNormalGoldenTests {
    static let outputs = Result { try GoldenTensors(path: Shared.images("depth_normal", "outputs.safetensors")) }
    static let depth = Result { try ImageFile.loadGray16(path: Shared.images("depth_normal", "depth.png")) }
    static let normal = Result { try ImageFile.load(path: Shared.images("depth_normal", "normal.png")) }

    private func how(top: Int, left: Int, _ filter: ResampleFilter?, flip: Bool) -> Preprocess.Augmentation {
        Preprocess.Augmentation(
            crop: CropBox(top: top, left: left, height: 60, width: 60), referenceTarget: (32, 32), filter: filter,
            flip: flip)
    }

    @Test(arguments: [0, 1]) func depth(_ index: Int) throws {
        let outputs = try Self.outputs.get()
        let image = try Preprocess.depth(
            Self.depth.get(), how(top: 4, left: 5, index == 0 ? .nearest : nil, flip: index == 1))
        #expect(try mismatches(image.samples.map(Int.init), outputs["depth\(index).raw"].ints) == 0)
        let values = try Preprocess.standardizedDepth(Preprocess.unitDepth(image))
        #expect(try mismatches(values, outputs["depth\(index)"].floats, atol: 1e-5, rtol: 1e-4) == 0)
    }

    @Test func depthUnstandardized() throws {
        let reference = try Self.outputs.get()["depth_unstandardized"]
        let image = try Self.depth.get()
        #expect(reference.shape == [1, image.height, image.width])
        #expect(mismatches(Preprocess.unitDepth(image), reference.floats, atol: 1e-5, rtol: 1e-4) == 0)
    }

    @Test(arguments: [0, 1]) func normal(_ index: Int) throws {
        let image = try Preprocess.normals(Self.normal.get(), how(top: 0, left: 0, .bilinear, flip: index == 1))
        let reference = try Self.outputs.get()["normal\(index)"]
        #expect(reference.shape == [3, 32, 32])
        let tensor = PixelNormalization.minus1To1.tensor(image)
        #expect(mismatches(tensor, reference.floats, atol: 1e-5, rtol: 1e-4) == 0)
    }
}
