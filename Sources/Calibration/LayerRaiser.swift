import IR
import Passes

/// Gives layers of a module more than its precision says, where a budget or the module's own results ask for it.
package struct LayerRaiser {
    private let module: Module
    private let calls: [CallRecorder.Call]
    private let halfRange: Bool
    private let options: PassOptions
    /// With what was found so far.
    package private(set) var policy: PrecisionPolicy
    /// What rounding did to each weight, as it is now.
    package private(set) var layers: [RoundedLayer]
    package private(set) var results: [MixedPrecision.Result] = []
    /// Told of progress, 0…1.
    package var onProgress: ((Double) -> Void)?

    /// - Parameters:
    ///   - calibrated: what was rounded for `policy`.
    ///   - calls: of functions of `module`, as it was imported.
    package init(
        _ module: Module, _ policy: PrecisionPolicy, _ calibrated: Calibrator.Result, halfRange: Bool, _ calls: [CallRecorder.Call],
        _ options: PassOptions = PassOptions()
    ) {
        (self.module, self.calls, self.halfRange, self.options) = (module, calls, halfRange, options)
        self.policy = policy
        self.policy.rounded = calibrated.rounded
        layers = calibrated.layers
    }

    /// Raises what `find` finds to `scheme`, with weights of that rounded as well as those that it replaces.
    /// - Parameter functions: those that count; nil for all that were called.
    /// - Throws: what searching throws.
    package mutating func raise(
        to scheme: LayerScheme, lookingAt functions: Set<String>? = nil, _ find: (MixedPrecision) throws -> MixedPrecision.Result
    ) throws {
        let own = functions.map { names in calls.filter { names.contains($0.function) } } ?? calls
        guard !own.isEmpty else { return }
        let others = try scheme.isInteger ? rounded(to: scheme) : []
        var search = try MixedPrecision(module, policy, halfRange: halfRange, raisingTo: scheme, own, options)
        search.onProgress = onProgress
        let found = try find(search)
        results.append(found)
        policy = found.policy
        let raised = Set(found.raised)
        layers.removeAll { raised.contains($0.node) }
        if found.scheme == scheme { layers += others.filter { raised.contains($0.node) } }
    }

    /// Rounds the weights of layers for `scheme` too, where those are other integers than they have.
    private mutating func rounded(to scheme: LayerScheme) throws -> [RoundedLayer] {
        var wide = policy
        wide.overrides = [PrecisionPolicy.Override(NamePattern("*"), scheme)]
        var calibrator = Calibrator(module, wide, halfRange: halfRange, options)
        calibrator.onProgress = onProgress
        let result = try calibrator.run(calls)
        policy.rounded = result.rounded
        let known = Set(result.layers.map(\.weight))
        // On machines whose weights have full range anyway, the integers stay.
        return result.layers + layers.filter { !known.contains($0.weight) && !$0.scheme.contains("4") }
    }

    /// Raises layers so that the results of tokenizers stay what they are: other models read tokens, and one that differs is another word; people
    /// look at pictures.
    ///
    /// Where a function gives integers, at most ``differingTokens`` of them may differ in the calls. What `pictures` give may have a relative error of
    /// ``pictureError`` at most.
    /// - Parameter pictures: names of functions.
    /// - Throws: what searching throws.
    package mutating func keepResults(pictures: Set<String>) throws {
        // Four bits are for size, which this would spend.
        guard policy.precision.scheme.isInteger, !policy.precision.scheme.isGrouped else { return }
        let giving = module.functions.filter { !$0.isPrivate && $0.givesIntegers }
        try keep(Set(giving.map(\.name)), LayerRaiser.differingTokens, tokensAlone: true)
        try keep(pictures, LayerRaiser.pictureError, tokensAlone: false)
    }

    private mutating func keep(_ names: Set<String>, _ limit: Double, tokensAlone: Bool) throws {
        let count = results.count
        try raise(to: .w8, lookingAt: names) { search in
            var search = search
            search.countsTokensAlone = tokensAlone
            return try search.search(error: limit, otherwise: .f32)
        }
        if results.count > count, results.last?.raised.isEmpty == true { results.removeLast() }
    }

    /// Most tokens that may differ, as a share.
    private static let differingTokens = 0.02
    /// 46 dB: below what normals of surfaces, the most sensitive of pictures, show.
    private static let pictureError = 0.005
}

extension Graph {
    fileprivate var givesIntegers: Bool { outputs.contains { type(of: $0.value).dtype.isInteger } }
}
