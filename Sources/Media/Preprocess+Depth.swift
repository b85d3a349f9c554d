extension Preprocess {
    /// v / 65535 in row-major order (1 x H x W).
    package static func unitDepth(_ image: Image16) -> [Float] {
        image.samples.map { Float(Double($0) / 65535) }
    }

    /// Truncated standardisation: (v - mean) / sqrt(variance + 1e-6), where mean and unbiased variance are those of
    /// the sorted values from index int(0.1 n) up to, not including, int(0.9 n). Any shape; float32 in and out.
    /// - Throws: ``MediaError`` when fewer than two values remain.
    package static func standardizedDepth(_ values: [Float], threshold: Double = 0.1) throws -> [Float] {
        let statistics = try DepthStatistics(values, threshold: threshold)
        return values.map { Float((Double($0) - statistics.mean) / statistics.deviation) }
    }
}

/// Mean and deviation that truncated standardisation uses; keep them to map a prediction back to depth.
package struct DepthStatistics: Sendable, Equatable {
    package var mean: Double
    /// sqrt(unbiased variance + 1e-6).
    package var deviation: Double

    package init(mean: Double, deviation: Double) {
        self.mean = mean
        self.deviation = deviation
    }

    /// - Throws: ``MediaError`` when `threshold` is not in 0..<0.5 or fewer than two values remain.
    package init(_ values: [Float], threshold: Double = 0.1) throws {
        guard threshold >= 0, threshold < 0.5 else {
            throw MediaError(.argument, "a threshold of \(threshold) is not in 0..<0.5", remedy: "use 0.1")
        }
        let count = Double(values.count)
        let kept = values.sorted()[Int(threshold * count)..<Int((1 - threshold) * count)]
        guard kept.count >= 2 else {
            throw MediaError(
                .argument, "a depth map of \(values.count) pixel\(values.count == 1 ? "" : "s") is too small to standardise",
                remedy: "use at least 3 pixels")
        }
        let mean = kept.reduce(0.0) { $0 + Double($1) } / Double(kept.count)
        let squares = kept.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        self.init(mean: mean, deviation: (squares / Double(kept.count - 1) + 1e-6).squareRoot())
    }
}
