import Foundation
import IR
import Media
import Testing

@testable import FourMCodecs
@testable import FourMData
@testable import FourMModels
@testable import FourMSettings

@Suite struct DenseCodecTests {
    private func shown(_ base: String, _ decoded: Tensor) throws -> DecodedTarget {
        var target = DecodedTarget(modality: base, tokens: [])
        try PictureForms.fill(&target, base: base, decoded)
        return target
    }

    private func temporary(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
    }

    @Test func everyModalityHasItsCodec() {
        for info in ModalityTable.fourM7 + ModalityTable.fourM21 + ModalityTable.superResolution where info.isOutput {
            let name = ModalityInfo.baseName(of: info.name)
            #expect(info.isSequence ? ModalityCodecs.text[name] != nil : ModalityCodecs.dense[name] != nil, "\(name)")
        }
    }

    @Test func classesBecomeIDsNamesAndAreas() throws {
        var scores = [Float](repeating: 0, count: 134 * 4)
        for (pixel, label) in [1, 1, 133, 0].enumerated() { scores[label * 4 + pixel] = 1 }
        let target = try shown("tok_semseg", Tensor(scores, [1, 134, 2, 2]))
        #expect(target.labels?.samples == [1, 1, 133, 0])
        guard case .classes(let classes)? = target.key else { throw FourMError("no key") }
        #expect(classes.map(\.name) == ["person", "no class", "rug-merged"] && classes[0].color == RGBColor(220, 20, 60))
        #expect(target.picture.map { Array($0.samples[0..<3]) } == [220, 20, 60])
        let areas = try JSONDecoder().decode(SegmentationAreas.self, from: Data((target.json ?? "").utf8))
        #expect(areas.classes.map(\.id) == [1, 0, 133] && areas.classes[0].share == 0.5)
        // The ids are a form that is read again.
        let path = temporary("ids.png")
        try #require(target.labels).writePNG(to: path)
        let form = DenseForm(modality: "tok_semseg", size: PixelSize(height: 2, width: 2), classes: 134)
        let read = try SegmentationCodec().read(path, form)
        #expect(read.values.integers == [1, 1, 133, 0] && read.picture == target.picture)
    }

    @Test func depthInAnyUnitIsTheSame() throws {
        let form = DenseForm(modality: "tok_depth", size: PixelSize(height: 4, width: 5), channels: 1)
        let values = (0..<20).map { Float($0) }
        let codec = DepthCodec()
        let meters = try codec.adopt(Tensor(values, [1, 1, 4, 5]), form).values
        let scaled = try codec.adopt(Tensor(values.map { $0 * 1000 + 5 }, [1, 1, 4, 5]), form).values
        let again = try codec.adopt(meters, form).values
        for (a, (b, c)) in zip(meters.floats, zip(scaled.floats, again.floats)) { #expect(abs(a - b) < 1e-4 && abs(a - c) < 1e-4) }
        let target = try shown("tok_depth", meters)
        #expect(target.values?.shape == [4, 5] && target.depth16?.samples.last == 65535)
        #expect(throws: FourMError.self) { try codec.adopt(Tensor(values + values, [2, 1, 4, 5]), form) }
    }

    @Test func featuresShowTheirStrongestComponents() throws {
        // Channel 0 varies by column strongly, channel 1 by row weakly.
        let columns = (0..<36).map { Float($0 % 6) * 10 }
        let rows = (0..<36).map { Float($0 / 6) }
        let picture = try Pictures.principalComponents(columns + rows, width: 6, height: 6)
        #expect(picture[0, 0, 0] == 0 && picture[5, 0, 0] == 255 && picture[5, 5, 0] == 255)
        #expect(picture[0, 5, 1] > picture[0, 0, 1] && abs(Int(picture[0, 3, 1]) - Int(picture[5, 3, 1])) <= 1)
        #expect(try Pictures.principalComponents([Float](repeating: 3, count: 8), width: 2, height: 2).samples.allSatisfy { $0 == 128 })
        let target = try shown("tok_clip", Tensor(columns + rows, [1, 2, 6, 6]))
        #expect(target.picture?.width == 222 && target.values?.shape == [2, 6, 6])
        let vector = try shown("tok_dinov2_global", Tensor((0..<768).map { Float($0) }, [1, 768, 1, 1]))
        #expect(vector.values?.shape == [768] && vector.picture?.width == 224)
        #expect(throws: MediaError.self) { try Pictures.principalComponents([1, 2, 3], width: 2, height: 2) }
    }

    @Test func edgesOfASquareAreItsOutline() throws {
        var picture = try ByteImage(width: 20, height: 20, channels: 3, filledWith: 10)
        picture.fill(PixelRect(x: 5, y: 5, width: 10, height: 10), RGBColor(hex: 0xE0E0E0))
        let edges = CannyDetector().edges(of: picture)
        #expect(edges[5, 10, 0] == 255 || edges[4, 10, 0] == 255)
        #expect(edges[10, 10, 0] == 0 && edges[1, 1, 0] == 0)
        let count = edges.samples.filter { $0 == 255 }.count
        #expect((30...44).contains(count), "\(count)")
        #expect(CannyDetector(low: 2000, high: 2040).edges(of: picture).samples.allSatisfy { $0 == 0 })
    }

    /// A draft shows what the finished target shows, and makes nothing else.
    @Test(arguments: [("tok_rgb", 3), ("tok_depth", 1), ("tok_semseg", 6), ("tok_clip", 5), ("sam_instance", 1), ("tok_canny_edge", 1)])
    func thePictureAloneIsThatOfAllForms(base: String, channels: Int) throws {
        let decoded = Tensor((0..<channels * 20).map { Float($0 * 7 % 13) / 6 - 1 }, [1, channels, 4, 5])
        let picture = try #require(try PictureForms.picture(base: base, decoded))
        #expect(try shown(base, decoded).picture == picture)
    }

    /// The middle square of a picture is the same input to `generate` and to a data set.
    @Test(arguments: ["tok_rgb", "tok_normal", "tok_depth", "tok_semseg", "tok_sam_edge"])
    func dataSetsTakeFilesAsSingleInputsDo(base: String) throws {
        let path = temporary("input.png")
        let samples = (0..<48).map { UInt8($0 * 5 % 64) }
        try ByteImage(width: 8, height: 6, channels: 1, samples: samples).writePNG(to: path)
        let codec = try #require(ModalityCodecs.dense[base])
        let form = DenseForm(modality: base, size: PixelSize(height: 4, width: 4), channels: base == "tok_depth" ? 1 : 3)
        let preparation = SamplePreparation(files: try #require(codec.files), form: form, filter: nil, maskValue: nil)
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let decoded = try preparation.decode(ByteSlice(Bytes(count: file.count) { $0.copyBytes(from: file) }), name: path)
        let crops = CropSettings([CropSettings.Crop(top: 0, left: 1, height: 6, width: 6)])
        #expect(try preparation.inputs(decoded, crops, mask: nil, name: path) == codec.read(path, form).values)
    }

    @Test func photosAreNoEdges() throws {
        let path = temporary("photo.png")
        var picture = try ByteImage(width: 20, height: 20, channels: 3, filledWith: 10)
        picture.fill(PixelRect(x: 0, y: 0, width: 20, height: 10), RGBColor(hex: 0xE02040))
        try picture.writePNG(to: path)
        let form = DenseForm(modality: "tok_canny_edge", size: PixelSize(height: 20, width: 20))
        let codec = EdgeCodec(detects: true)
        #expect(throws: FourMError.self) { try codec.read(path, form) }
        #expect(throws: FourMError.self) { try codec.read("canny:300:100:" + path, form) }
        let (values, shown) = try codec.read("canny:50:100:" + path, form)
        #expect(values.shape == [1, 3, 20, 20] && Set(values.floats) == [-1, 1] && shown?.channels == 3)
    }

    @Test func polygonsFillPixelCentres() {
        let mask = Polygons.mask([(1, 1), (3, 1), (3, 3), (1, 3)], width: 4, height: 4)
        #expect(mask.indices.filter { mask[$0] } == [5, 6, 9, 10])
        #expect(!Polygons.mask([(0, 0), (1, 1)], width: 2, height: 2).contains(true))
    }
}
