import Foundation
import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Media

/// How two variants of a bundle differ in what they make of the same pictures and captions (``DirectPrediction``).
package struct BundleComparison {
    /// Of one target, over all samples.
    package struct Target: Sendable, Encodable {
        package let target: String
        package fileprivate(set) var samples = 0
        /// Share of tokens that are equal, place by place; of an image-like target, the most probable token of each place.
        package fileprivate(set) var equalTokens = 0.0
        /// Share of samples of which all tokens are equal.
        package fileprivate(set) var equalSamples = 0.0
        /// Kullback-Leibler divergence of the second's distribution of a place from the first's, in nats: the mean over places, and what a
        /// thousandth of them exceeds. nil for texts.
        package fileprivate(set) var meanDivergence, largeDivergence: Double?
        /// Sum of squares of the first's logits by that of the differences, in dB; nil for texts, and if all are equal.
        package fileprivate(set) var logitsSQNR: Double?
        /// Of the second's pictures against the first's, in dB; nil without a tokenizer, and if all are equal.
        package fileprivate(set) var psnr: Double?
    }

    fileprivate struct Sums {
        var (samples, places, equal, equalSamples) = (0, 0, 0, 0)
        var divergences: [Float] = []
        var (energy, errors) = (0.0, 0.0)
        var (squares, values) = (0.0, 0)
    }

    private let first, second: DirectPrediction
    private let names: [String]
    /// Whether pictures go through their tokenizer too.
    private let reconstructs: Bool
    private var sums: [String: Sums] = [:]

    /// Of pictures as tokens, where both have a tokenizer for them.
    private static let reconstruction = "reconstruction"

    /// - Parameters:
    ///   - samples: that will be added.
    ///   - targets: words for modalities; empty for all that both models make, and pictures as tokens and back.
    /// - Throws: what loading the models throws; ``FourMError`` for a target that one of them lacks, or that every sample gives.
    package init(_ first: LoadedBundle, _ second: LoadedBundle, of samples: [ModelSample], targets: [String] = []) throws {
        let known = DirectPrediction.targets(of: second.bundle, try second.modalities())
        let wanted = try targets.map { try first.target($0) }
        names = wanted.isEmpty ? DirectPrediction.targets(of: first.bundle, try first.modalities()).filter(known.contains) : wanted
        if let missing = names.first(where: { !known.contains($0) }) {
            throw FourMError("'\(second.bundle.name)' makes no '\(missing)'; it makes: \(known.sorted().joined(separator: ", "))", .request)
        }
        let given = try samples.map { try Set(first.given($0).keys) }
        for name in wanted where given.allSatisfy({ $0.contains(name) }) {
            throw FourMError("'\(name)' is given in all samples, and cannot be a target of them", .request)
        }
        reconstructs = targets.isEmpty
        // All else first: this may take a while.
        (self.first, self.second) = (try DirectPrediction(first), try DirectPrediction(second))
    }

    /// Adds what both make of `sample`.
    /// - Throws: ``FourMError`` naming a sample that cannot be read.
    package mutating func add(_ sample: ModelSample) throws {
        let given = try first.bundle.given(sample)
        let open = names.filter { given[$0] == nil }
        let (a, b) = try sample.named { (try first.predict(given, open), try second.predict(second.bundle.given(sample), open)) }
        for (one, other) in zip(a, b) {
            var own = sums[one.name] ?? Sums()
            own.add(one, other)
            if one.logits != nil { own.add(try self.picture(one, first), try self.picture(other, second)) }
            sums[one.name] = own
        }
        if reconstructs, let picture = sample.picture { try reconstruct(picture) }
    }

    /// By target in their order; of the tokenizer for pictures last.
    package var targets: [Target] {
        (names + [BundleComparison.reconstruction]).compactMap { name in sums[name].map { $0.target(name) } }
    }

    private func picture(_ target: DirectPrediction.Target, _ side: DirectPrediction) throws -> ByteImage? {
        guard side.bundle.bundle.hasTokenizer(target.name) else { return nil }
        let decoder = TargetDecoder(bundle: side.bundle, model: side.model, usesPreviewDecoders: true)
        return try decoder.decode(target.name, .given(tokens: [target.tokens])).first?.picture
    }

    /// The picture to tokens and back.
    private mutating func reconstruct(_ picture: InputValue) throws {
        guard let one = try first.tokens(of: picture), let other = try second.tokens(of: picture) else { return }
        var own = sums[BundleComparison.reconstruction] ?? Sums()
        own.add(one, other)
        own.add(try self.picture(one, first), try self.picture(other, second))
        sums[BundleComparison.reconstruction] = own
    }
}

extension BundleComparison.Sums {
    mutating func add(_ one: DirectPrediction.Target, _ other: DirectPrediction.Target) {
        samples += 1
        places += max(one.tokens.count, other.tokens.count)
        equal += zip(one.tokens, other.tokens).filter { $0 == $1 }.count
        if one.tokens == other.tokens { equalSamples += 1 }
        guard let a = one.logits, let b = other.logits, a.shape == b.shape else { return }
        divergences += BundleComparison.divergences(a, b)
        for (x, y) in zip(a.floats, b.floats) {
            energy += Double(x) * Double(x)
            errors += Double(x - y) * Double(x - y)
        }
    }

    mutating func add(_ one: ByteImage?, _ other: ByteImage?) {
        guard let one, let other, one.samples.count == other.samples.count else { return }
        for (a, b) in zip(one.samples, other.samples) { squares += Double((Int(a) - Int(b)) * (Int(a) - Int(b))) }
        values += one.samples.count
    }

    func target(_ name: String) -> BundleComparison.Target {
        var made = BundleComparison.Target(target: name)
        made.samples = samples
        made.equalTokens = places == 0 ? 1 : Double(equal) / Double(places)
        made.equalSamples = samples == 0 ? 1 : Double(equalSamples) / Double(samples)
        if !divergences.isEmpty {
            let sorted = divergences.sorted()
            made.meanDivergence = sorted.reduce(0) { $0 + Double($1) } / Double(sorted.count)
            made.largeDivergence = Double(sorted[min(Int(0.999 * Double(sorted.count)), sorted.count - 1)])
        }
        if errors > 0, energy > 0, energy.isFinite, errors.isFinite { made.logitsSQNR = 10 * log10(energy / errors) }
        if squares > 0 { made.psnr = 10 * log10(255 * 255 * Double(values) / squares) }
        return made
    }
}

extension BundleComparison {
    /// Of each row of logits [places, vocabulary], Σ p (ln p - ln q) of their softmax p and q.
    fileprivate static func divergences(_ a: Tensor, _ b: Tensor) -> [Float] {
        let (count, columns) = (a.shape[0], a.shape[1])
        let (x, y) = (a.floats, b.floats)
        return (0..<count).map { row in
            let own = row * columns..<(row + 1) * columns
            let (p, q) = (logSoftmax(x[own]), logSoftmax(y[own]))
            return Float(zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) })
        }
    }

    private static func logSoftmax(_ values: ArraySlice<Float>) -> [Double] {
        let largest = Double(values.max() ?? 0)
        let sum = values.reduce(0) { $0 + exp(Double($1) - largest) }
        return values.map { Double($0) - largest - log(sum) }
    }
}
