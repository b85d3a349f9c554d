import Foundation

/// Sine-cosine position tables of 4M (fourm/models/fm_utils.py, fourm/vq/models/vit_models.py), after MoCo v3.
enum PositionTables {
    /// f32 [rows, dim]: sin and cos of row · 10000^(-i / (dim / 2)).
    static func sequence(rows: Int, dim: Int) -> [Float] {
        let frequencies = self.frequencies(dim / 2)
        return (0..<rows).flatMap { waves(Float($0), frequencies) }
    }

    /// f32 [height · width, dim]: half of the channels for each of two coordinates.
    ///
    /// The reference builds tables column by column and reads them row by row, so that position n has the coordinates
    /// (n / height, n mod height): row and column on a square grid, scrambled on others. Kept as it is.
    static func grid(height: Int, width: Int, dim: Int) -> [Float] {
        let frequencies = self.frequencies(dim / 4)
        return (0..<height * width).flatMap { position in
            waves(Float(position / height), frequencies) + waves(Float(position % height), frequencies)
        }
    }

    private static func frequencies(_ count: Int) -> [Float] {
        (0..<count).map { 1 / pow(10_000, Float($0) / Float(count)) }
    }

    private static func waves(_ coordinate: Float, _ frequencies: [Float]) -> [Float] {
        let angles = frequencies.map { coordinate * $0 }
        return angles.map { sin($0) } + angles.map { cos($0) }
    }
}
