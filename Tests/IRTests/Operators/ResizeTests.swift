import IR
import Testing

/// Numbers of the bilinear and bicubic cases: examples of the ONNX specification of Resize (which agree with torch there).
@Suite struct ResizeTests {
    private let square = Tensor([1, 2, 3, 4], [1, 1, 2, 2])
    private let ramp = Tensor((1...16).map { Float($0) }, [1, 1, 4, 4])

    @Test func nearest() throws {
        let doubled = try evaluate(Resize(size: [4, 4], mode: .nearest), [square])
        #expect(doubled.floats == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
        let row = Tensor([0, 1, 2, 3, 4], [1, 1, 1, 5])
        #expect(try evaluate(Resize(size: [1, 3], mode: .nearest), [row]).floats == [0, 1, 3])
        #expect(try evaluate(Resize(size: [1, 7], mode: .nearest), [row]).floats == [0, 0, 1, 2, 2, 3, 4])
        #expect(try evaluate(Resize(size: [1, 3], mode: .nearest, coordinates: .halfPixel), [row]).floats == [0, 2, 4])
        let labels = Tensor(integers: [1, 2, 3, 4], [1, 1, 2, 2])
        #expect(try evaluate(Resize(size: [1, 2], mode: .nearest), [labels]).integers == [1, 2])
    }

    @Test func bilinear() throws {
        let doubled = try evaluate(Resize(size: [4, 4], mode: .linear), [square])
        #expect(near(doubled, [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4]))
        let corners = try evaluate(Resize(size: [4, 4], mode: .linear, alignCorners: true), [square])
        let thirds: [Double] = [3, 4, 5, 6, 5, 6, 7, 8]
        #expect(near(Array(corners.doubles[..<8]), thirds.map { $0 / 3 }))
        let asymmetric = try evaluate(Resize(size: [4, 4], mode: .linear, coordinates: .asymmetric), [square])
        #expect(near(Array(asymmetric.doubles[..<8]), [1, 1.5, 2, 2, 2, 2.5, 3, 3]))
    }

    @Test func bicubic() throws {
        let doubled = try evaluate(Resize(size: [8, 8], mode: .cubic), [ramp])
        #expect(
            near(
                Array(doubled.doubles[..<16]),
                [
                    0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375, 1.66015625,
                    1.95703125, 2.43359375, 3.0625, 3.46875, 4.09765625, 4.57421875, 4.87109375,
                ]))
        let corners = try evaluate(Resize(size: [8, 8], mode: .cubic, alignCorners: true), [ramp])
        #expect(
            near(
                Array(corners.doubles[..<8]),
                [1, 1.34110787, 1.80029155, 2.32944606, 2.67055394, 3.19970845, 3.65889213, 4], 1e-6))
    }

    @Test func identityAndTaps() throws {
        for op in [Resize(size: [4, 4], mode: .linear), Resize(size: [4, 4], mode: .cubic), Resize(size: [4, 4], mode: .nearest)] {
            #expect(try evaluate(op, [ramp]) == ramp)
            for (source, size) in [(7, 19), (19, 7), (1, 5), (5, 1)] {
                let taps = op.taps(from: source, to: size)
                #expect(taps.indices.count == size * taps.tapsPerPosition && taps.weights.count == taps.indices.count)
                #expect(taps.indices.allSatisfy { (0..<source).contains($0) })
                for position in 0..<size {
                    let range = position * taps.tapsPerPosition..<(position + 1) * taps.tapsPerPosition
                    #expect((taps.weights[range].reduce(0, +) - 1).magnitude < 1e-12)
                }
            }
        }
    }

    @Test func refusals() throws {
        let image = TensorType(.f32, [1, 3, .symbol("h"), .symbol("w")])
        #expect(try Resize(size: [.symbol("h"), 8], mode: .cubic).infer([image]).first?.shape == [1, 3, .symbol("h"), 8])
        for op in [
            Resize(size: [8], mode: .linear), Resize(size: [8, -1], mode: .linear),
            Resize(size: [8, 8], mode: .nearest, alignCorners: true),
        ] { #expect(throws: InferenceError.self) { try op.infer([image]) } }
        #expect(throws: InferenceError.self) {
            try Resize(size: [8, 8], mode: .linear).infer([TensorType(.i64, [1, 1, 4, 4])])
        }
        #expect(throws: EvaluationError.self) {
            try Resize(size: [8, 8], mode: .linear).evaluate([Tensor(zeros: .f32, [1, 1, 0, 4])], [:])
        }
    }

    private func near(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-6) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude <= tolerance }
    }

    private func near(_ a: Tensor, _ b: [Double]) -> Bool { near(a.doubles, b) }
}
