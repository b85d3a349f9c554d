import FourMSampling
import IR

/// How a diffusion decoder samples.
package struct DiffusionOptions: Sendable {
    /// Denoising steps; 25 as the reference's demo.
    package var steps = 25
    /// nil takes the tokenizer's own scheduler.
    package var scheduler: SchedulerKind?
    /// nil is trailing, except for PNDM, which the reference only accepts with leading timesteps.
    package var mode: TimestepMode?
    package var seed: UInt64 = 0
    /// Number of the first row among all samples, so that a sample's noise does not depend on how samples are batched.
    package var rowOffset = 0
    /// Which sample each row is; rows beyond this list are samples from `rowOffset` on.
    package var rows: [SampleKey] = []
    /// Height and width of the picture in pixels, multiples of the decoder's; nil is one patch for each token.
    package var imageSize: PixelSize?
    /// Tokens to hide from the decoder, which makes up their places: bool `[rows, columns]` or `[batch, rows, columns]`, True = hidden.
    package var conditionMask: Tensor?
    /// Size that the picture had before it was resized, for decoders that were trained to know it.
    package var originalSize: PixelSize?
    package var guidance: DiffusionGuidance?

    package init() {}

    func mode(for kind: SchedulerKind) -> TimestepMode { mode ?? (kind == .pndm ? .leading : .trailing) }
}

/// Height and width in pixels.
package struct PixelSize: Sendable, Hashable, Codable, CustomStringConvertible {
    package var height: Int
    package var width: Int

    /// Longest side that is accepted from outside.
    package static let limit = 4096

    package init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    /// Reads `448`, for both sides, or `320x448`, height × width, each from 1 to ``limit``.
    package init?(_ text: String) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count <= 2, let height = sides.first ?? nil, let width = sides.last ?? nil,
            [height, width].allSatisfy({ (1...Self.limit).contains($0) })
        else { return nil }
        self.init(height: height, width: width)
    }

    package var description: String { "\(height)x\(width)" }
}

/// Classifier-free guidance of a diffusion decoder: the prediction moves away from one that knows less,
/// `less + scale · (full - less)`.
package struct DiffusionGuidance: Sendable, Hashable {
    /// What the other prediction lacks.
    package enum Baseline: Sendable, Hashable {
        /// The condition: all tokens are hidden, as in training with `cls_free_guidance_dropout`.
        case condition
        /// The original size only: what the reference's pipeline comes to, which means to drop the condition, but does not.
        case originalSize
    }

    /// 1 is no guidance.
    package var scale: Double
    /// 0 to 1: how far the result's standard deviation is brought back to that of the full prediction (arXiv 2305.08891, section 3.4).
    package var rescale: Double
    package var baseline: Baseline

    package init(scale: Double, rescale: Double = 0, baseline: Baseline = .condition) {
        (self.scale, self.rescale, self.baseline) = (scale, rescale, baseline)
    }

    /// - Parameter batch: rows of `full`; each has a standard deviation of its own.
    func combine(full: [Float], less: [Float], batch: Int) -> [Float] {
        let scale = Float(scale)
        var guided = zip(full, less).map { $1 + scale * ($0 - $1) }
        guard rescale > 0, batch > 0 else { return guided }
        let size = full.count / batch
        for row in 0..<batch {
            let range = row * size..<(row + 1) * size
            let factor = Self.deviation(full[range]) / Self.deviation(guided[range])
            guard factor.isFinite else { continue }
            let gain = Float(rescale * factor + (1 - rescale))
            for index in range { guided[index] *= gain }
        }
        return guided
    }

    /// With Bessel's correction.
    private static func deviation(_ values: ArraySlice<Float>) -> Double {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}

/// What a denoiser is told of the picture.
package struct DiffusionCondition: Sendable {
    /// f32 `[batch, latent, rows, columns]`
    package var embedding: Tensor
    /// bool `[batch, rows, columns]`, True = hidden.
    package var mask: Tensor?
    /// f32 `[batch, 2]`, height and width.
    package var originalSize: Tensor?

    package init(_ embedding: Tensor, mask: Tensor? = nil, originalSize: Tensor? = nil) {
        (self.embedding, self.mask, self.originalSize) = (embedding, mask, originalSize)
    }

    /// What the other prediction of guidance knows.
    func without(_ baseline: DiffusionGuidance.Baseline) -> DiffusionCondition {
        var less = self
        switch baseline {
        case .condition:
            let shape = embedding.shape
            let grid = [shape[0], shape[2], shape[3]]
            less.mask = Tensor(bools: [Bool](repeating: true, count: grid.reduce(1, *)), grid)
        case .originalSize: less.originalSize = nil
        }
        return less
    }
}
