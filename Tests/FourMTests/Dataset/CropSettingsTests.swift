import Foundation
import IR
import Testing

@testable import FourMData
@testable import FourMSettings

@Suite struct CropSettingsTests {
    private func drawing(_ count: Int, scale: Double = 0.2, seed: UInt64 = 0) -> CropSettings.Drawing {
        var drawing = CropSettings.Drawing()
        (drawing.count, drawing.minimumScale, drawing.seed) = (count, scale, seed)
        return drawing
    }

    @Test func theFirstCropIsTheCentre() {
        for (width, height, top, left) in [(224, 224, 0, 0), (300, 200, 0, 50), (200, 303, 51, 0), (203, 200, 0, 1), (1, 9, 4, 0)] {
            let crop = CropSettings(width: width, height: height, key: "k", drawing(3)).crops[0]
            let side = min(width, height)
            #expect(crop == CropSettings.Crop(top: top, left: left, height: side, width: side))
        }
    }

    @Test func randomCropsLieInsideAndKeepShareAndShape() {
        var flips = 0
        for index in 0..<200 {
            let (width, height) = (100 + index, 320 - index)
            for crop in CropSettings(width: width, height: height, key: "k\(index)", drawing(4, scale: 0.3)).crops.dropFirst() {
                #expect(crop.top >= 0 && crop.left >= 0 && crop.top + crop.height <= height && crop.left + crop.width <= width)
                let share = Double(crop.width * crop.height) / Double(width * height)
                let shape = Double(crop.width) / Double(crop.height)
                #expect(share > 0.29 && share <= 1 && shape > 0.74 && shape < 1.35, "\(crop)")
                flips += crop.flip ? 1 : 0
            }
        }
        #expect((240...360).contains(flips))
    }

    @Test func cropsDependOnSeedKeyAndPlaceAlone() {
        func crops(_ key: String, _ count: Int, seed: UInt64 = 0) -> [CropSettings.Crop] {
            CropSettings(width: 300, height: 200, key: key, drawing(count, seed: seed)).crops
        }
        #expect(crops("a/1", 5) == Array(crops("a/1", 9).prefix(5)))
        #expect(crops("a/1", 5) != crops("a/2", 5))
        #expect(crops("a/1", 5) != crops("a/1", 5, seed: 1))
        #expect(Set(crops("a/1", 9)).count == 9)
    }

    /// Nothing of the allowed shape fits into a strip with so large a share, so the widest centred crop serves.
    @Test func stripsGetTheWidestCrop() {
        let long = CropSettings(width: 1000, height: 30, key: "k", drawing(2, scale: 1)).crops[1]
        #expect((long.top, long.left, long.height, long.width) == (0, 480, 30, 40))
        let tall = CropSettings(width: 30, height: 1000, key: "k", drawing(2, scale: 1)).crops[1]
        #expect((tall.top, tall.left, tall.height, tall.width) == (480, 0, 40, 30))
    }

    @Test func arraysGoThereAndBack() throws {
        let settings = CropSettings(width: 300, height: 200, key: "k", drawing(6))
        #expect(settings.tensor.dtype == .i64 && settings.tensor.shape == [6, 5])
        #expect(try CropSettings(settings.tensor, name: "t") == settings)
        for wrong in [
            Tensor(integers: [0, 0, 1, 1], [1, 4]), Tensor(integers: [], [0, 5]), Tensor(integers: [0, 0, 0, 1, 0], [1, 5]),
            Tensor(integers: [0, 0, 1, 1, 2], [1, 5]), Tensor([0.5, 0, 1, 1, 0], [1, 5]), Tensor(integers: [0, 0, 1 << 40, 1, 0], [1, 5]),
            Tensor([Float.nan, 0, 1, 1, 0], [1, 5]),
        ] {
            #expect(throws: FourMError.self) { try CropSettings(wrong, name: "t") }
        }
    }
}
