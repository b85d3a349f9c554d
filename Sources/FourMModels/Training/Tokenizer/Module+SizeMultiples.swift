import IR
import Importers

extension Module {
    /// Pixels that height and width of a tokenizer's pictures are multiples of: of its encoder's patches, and of what a diffusion decoder halves. nil without
    /// an encoder.
    var sizeMultiples: (height: Int, width: Int)? {
        guard let (height, width) = metadata.pair(.patchSize), height > 0, width > 0 else { return nil }
        let factor = max(metadata.section(.diffusion).integer(.sizeMultiple) ?? 1, 1)
        func common(_ a: Int) -> Int { Module.leastCommonMultiple(a, factor) }
        return (common(height), common(width))
    }

    private static func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return a / x * b
    }
}

extension TrainedTokenizer {
    /// Pixels that the sides of square pictures are multiples of.
    package var sizeMultiple: Int { module.sizeMultiples.map { max($0.height, $0.width) } ?? 1 }
}
