import IR
import TestSupport
import Testing

@testable import FourMData
@testable import FourMSettings

@Suite struct CosineTests {
    @Test func similarityIsTheCosine() {
        #expect(abs(Cosine.similarity([1, 0], [3, 0]) - 1) < 1e-12)
        #expect(abs(Cosine.similarity([1, 1], [1, 0]) - 0.5.squareRoot()) < 1e-12)
        #expect(Cosine.similarity([1, 0], [-2, 0]) == -1)
        #expect(Cosine.similarity([0, 0], [1, 0]) == 0 && Cosine.similarity([.nan, 1], [1, 0]) == 0)
    }

    @Test func combinationsAddDirectionsNotLengths() {
        let sum = Cosine.combination([[10, 0], [0, 0.1]], weights: [1, -0.5])
        #expect(sum == [1, -0.5])
        #expect(Cosine.combination([[0, 0], [0, 2]], weights: [1, 1]) == [0, 1])
    }

    private func index(_ method: EmbeddingMethod, _ vectors: [[Float]]) throws -> EmbeddingIndex {
        let recipe = EmbeddingIndex.Recipe(
            method, modality: "rgb@224", model: "m", sampling: EmbeddingSampling(), ignoresOrientation: false)
        var made = EmbeddingIndex(recipe, folder: "/photos")
        for (number, vector) in vectors.enumerated() {
            try made.add(EmbeddingIndex.File(name: "\(number).png", bytes: number, modified: 7), vector)
        }
        return made
    }

    @Test func hitsComeBestFirst() throws {
        let global = try index(.global(target: "tok_imagebind_global"), [[1, 0], [0, 1], [1, 1], [1, 0]])
        let hits = try global.nearest(to: [(vector: [2, 0.1], weight: 1)], count: 3)
        #expect(hits.map(\.name) == ["0.png", "3.png", "2.png"])
        #expect(try global.nearest(to: [(vector: [1, 0], weight: -1)], count: 1).map(\.name) == ["1.png"])
        #expect(throws: FourMError.self) { try global.nearest(to: [(vector: [1], weight: 1)], count: 1) }
        #expect(throws: FourMError.self) {
            var other = global; try other.add(EmbeddingIndex.File(name: "x", bytes: 0, modified: 0), [1])
        }
    }

    /// Plain cosines of vectors with a large common part are all nearly 1.
    @Test func featuresAreSeenFromTheirMean() throws {
        let vectors: [[Float]] = [[100, 1, 0], [100, 0, 1], [100, -1, -1]]
        let hits = try index(.features, vectors).nearest(to: [(vector: [100, 2, -1], weight: 1)], count: 3)
        #expect(hits[0].name == "0.png" && hits[2].name == "1.png")
        #expect(hits[0].score > 0.85 && hits[2].score < 0)
    }

    @Test func indexesGoThroughFiles() throws {
        let folder = try TemporaryPlace()
        let made = try index(.global(target: "tok_dinov2_global"), [[1, 2, 3], [4, 5, 6]])
        try made.write(to: folder.file("i.safetensors"))
        let read = try EmbeddingIndex(path: folder.file("i.safetensors"))
        #expect(read.recipe == made.recipe && read.files == made.files && read.vectors == made.vectors && read.folder == "/photos")
        #expect(read.recipe.method == .global(target: "tok_dinov2_global"))
    }
}
