/// The steps that DDIM and DDPM share: from the network's output to the clipped clean image, with a kept buffer.
package struct CleanPrediction: Sendable {
    /// The predicted clean image of the last call (batch x elements).
    package private(set) var image: [Float] = []
    private var magnitudes: [Float] = []

    package init() {}

    /// Fills `image`.
    ///
    /// - Parameters:
    ///   - output: the prediction of item b starts at `b * outputStride`.
    ///   - alpha: cumulative alpha at this timestep.
    package mutating func predict(
        _ output: UnsafeBufferPointer<Float>, outputStride: Int, sample: UnsafeBufferPointer<Float>, batch: Int,
        alpha: Float, _ configuration: SchedulerConfiguration
    ) {
        let size = sample.count / batch
        if image.count != sample.count { image = [Float](repeating: 0, count: sample.count) }
        let (rootAlpha, rootBeta) = (alpha.squareRoot(), (1 - alpha).squareRoot())
        for item in 0..<batch {
            for index in 0..<size {
                let position = item * size + index
                let prediction = output[item * outputStride + index]
                image[position] =
                    switch configuration.prediction {
                    case .epsilon: (sample[position] - rootBeta * prediction) / rootAlpha
                    case .sample: prediction
                    case .v: rootAlpha * sample[position] - rootBeta * prediction
                    }
            }
        }
        if configuration.thresholding {
            for item in 0..<batch { threshold(item * size..<(item + 1) * size, configuration) }
        } else if configuration.clipSample {
            let bound = Float(configuration.clipSampleRange)
            for index in image.indices { image[index] = Self.clamp(image[index], -bound, bound) }
        }
    }

    /// Imagen's dynamic thresholding of one item: clip to s and divide by s, where s is the quantile of the magnitudes,
    /// at least 1 and at most `sampleMaxValue`.
    private mutating func threshold(_ range: Range<Int>, _ configuration: SchedulerConfiguration) {
        let limit = Float(configuration.sampleMaxValue)
        var bound = limit
        if limit > 1 {
            let quantile = quantile(Float(configuration.thresholdingRatio), of: range)
            bound = Self.clamp(quantile, 1, limit)
        }
        for index in range { image[index] = Self.clamp(image[index], -bound, bound) / bound }
    }

    /// Linear interpolation between the sorted magnitudes, as `torch.quantile`.
    private mutating func quantile(_ share: Float, of range: Range<Int>) -> Float {
        magnitudes.removeAll(keepingCapacity: true)
        magnitudes.append(contentsOf: image[range].lazy.map { abs($0) })
        guard !magnitudes.isEmpty, magnitudes.allSatisfy({ $0 == $0 }) else { return .nan }
        magnitudes.sort()
        let rank = share * Float(magnitudes.count - 1)
        let below = min(max(Int(rank), 0), magnitudes.count - 1)
        let above = min(below + 1, magnitudes.count - 1)
        return magnitudes[below] + (rank - Float(below)) * (magnitudes[above] - magnitudes[below])
    }

    /// Keeps NaN, as `torch.clamp`.
    static func clamp(_ value: Float, _ low: Float, _ high: Float) -> Float {
        value < low ? low : (value > high ? high : value)
    }
}

extension SchedulerConfiguration {
    /// Ranges that DDIM and DDPM rely on.
    func checkClipping(kind: SchedulerKind) throws(SchedulerError) {
        func require(_ condition: Bool, _ name: String, _ value: Double, _ allowed: String) throws(SchedulerError) {
            guard condition else {
                throw .unsupported(scheduler: kind, parameter: name, value: "\(value)", allowed: allowed)
            }
        }
        try require(
            (0...1).contains(thresholdingRatio), "dynamic_thresholding_ratio", thresholdingRatio, "0 to 1")
        try require(
            sampleMaxValue > 0 && sampleMaxValue.isFinite, "sample_max_value", sampleMaxValue, "a number above 0")
        try require(
            clipSampleRange > 0 && clipSampleRange.isFinite, "clip_sample_range", clipSampleRange, "a number above 0")
        try require(eta >= 0 && eta.isFinite, "eta", eta, "0 or more")
    }

    /// Whether dividing by a zero alpha is undone by clipping, as in the reference: only plain clipping does.
    func checkSignal(alpha: Float, timestep: Int) throws(SchedulerError) {
        if prediction == .epsilon, alpha == 0, thresholding || !clipSample {
            throw .epsilonAtZeroSignal(timestep: timestep)
        }
    }
}
