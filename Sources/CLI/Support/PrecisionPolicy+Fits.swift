import FourM
import FourMModels
import IR
import Names
import Passes

extension PrecisionPolicy {
    /// - Throws: `TesseraError` for an override that fits no layer of any of `modules`: it would do nothing.
    func requireFits(_ modules: [Module]) throws {
        if overrides.isEmpty { return }
        let names = Set(modules.flatMap { $0.functions.flatMap { $0.nodes.map(\.name) } })
        guard let stranger = overrides.first(where: { override in !names.contains(where: override.pattern.fits) }) else { return }
        let pattern = stranger.pattern
        let advice = "'tessera inspect MODEL --ir' shows their names"
        let hint = pattern.isOfMany ? advice : NearNames.hint(pattern.description, in: names.sorted(), otherwise: advice)
        throw Refusal.usage("--override \(pattern)=\(stranger.scheme.rawValue): no layer is called so; \(hint)")
    }

    /// The same of all models of a bundle.
    func requireFits(_ bundle: FourM.Bundle) throws {
        if overrides.isEmpty { return }
        let roles: Set<BundlePart.Role> = [.model, .superResolution, .tokenizer, .previewDecoder]
        let parts = bundle.parts.filter { roles.contains($0.role) }
        try requireFits(parts.map { try bundle.read($0.source).module })
    }
}
