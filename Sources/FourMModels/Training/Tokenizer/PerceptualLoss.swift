import FourMSettings
import IR

/// How far apart a network's features of two pictures are (fourm/vq/percept_losses/timm_perceptual_loss.py).
package struct PerceptualLoss: Sendable {
    /// How features are compared, place by place.
    package enum Distance: String, CaseIterable, Sendable {
        /// 1 - cosine.
        case cosine
        /// Sums of differences of features that have unit length.
        case l1
    }

    package var network: FeatureNetwork
    package var distance: Distance
    package var weight: Double

    package init(_ network: FeatureNetwork, distance: Distance = .cosine, weight: Double = 1) {
        (self.network, self.distance, self.weight) = (network, distance, weight)
    }

    /// One number; the target's features are constants for the gradient.
    ///
    /// As the reference has it, the sum over all features is divided by the batch although it is a mean already.
    func loss(_ result: Traced, _ target: Traced, _ writer: LossWriter) throws -> Traced {
        let found = try network.features(result, writer)
        let wanted = try network.features(target, writer)
        let parts = try zip(found, wanted).map { try distance(rows($0), rows($1.withoutGradient())) }
        guard let first = parts.first else { throw FourMError("a perceptual loss needs at least one feature", .request) }
        let sum = try parts.dropFirst().reduce(first) { try $0 + $1 }
        return try sum / result.size(result.shape[0])
    }

    private func distance(_ a: Traced, _ b: Traced) throws -> Traced {
        switch distance {
        case .cosine: return try 1 - a.cosine(b, axis: -1).mean()
        case .l1:
            let unit = L2Normalize()
            return try (a.applying(unit) - b.applying(unit)).mapped(Abs.self).sum([a.rank - 1]).mean()
        }
    }

    /// Maps `[b, c, h, w]` as `[b, h·w, c]`; other features have their channels last.
    private func rows(_ feature: Traced) throws -> Traced {
        guard feature.rank == 4 else { return feature }
        let s = feature.shape
        return try feature.reshaped([s[0], s[1], s[2] * s[3]]).transposed([0, 2, 1])
    }
}
