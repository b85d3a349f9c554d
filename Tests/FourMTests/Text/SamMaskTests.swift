import Testing

@testable import FourM

@Suite struct SamMaskTests {
    /// A 4 x 4 mask, sure of its first `count` cells.
    private func mask(_ box: [Int], _ count: Int, sure: Float = 1) -> SamMask {
        SamMask(box: box, probabilities: (0..<16).map { $0 < count ? sure : 0 })
    }

    @Test func duplicatesBecomeTheirMean() {
        let groups = SamMask.grouped([
            mask([0, 0, 100, 100], 8), mask([0, 0, 100, 99], 8), mask([1, 0, 101, 100], 9), mask([0, 0, 40, 40], 8),
            mask([0, 0, 100, 100], 2),
        ])
        // The fourth has another box, the fifth another mask.
        #expect(groups.map(\.box) == [[0, 0, 100, 99], [0, 0, 40, 40], [0, 0, 100, 100]])
        #expect(groups[0].probabilities[7] == 1 && abs(groups[0].probabilities[8] - 1 / 3) < 1e-6)
    }

    @Test func masksWithoutContrastOrOfAnotherGridAreDropped() {
        let flat = SamMask(box: [0, 0, 9, 9], probabilities: [Float](repeating: 0.7, count: 16))
        let small = SamMask(box: [0, 0, 9, 9], probabilities: [0, 1, 0, 1])
        #expect(SamMask.grouped([mask([0, 0, 9, 9], 4), flat, small, mask([0, 0, 9], 4), mask([0, 0, 9, 9], 4, sure: 0.89)]).count == 1)
        #expect(SamMask.grouped([]).isEmpty)
    }

    @Test func measuresAreThoseOfTheReference() {
        let (a, b) = (mask([0, 0, 10, 10], 8), mask([5, 0, 15, 10], 4))
        #expect(abs(a.boxOverlap(b) - 1.0 / 3) < 1e-12)
        #expect(abs(a.similarity(b) - 2 * 4.01 / 12.01) < 1e-12)
    }
}
