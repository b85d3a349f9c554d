import IR
import Names
import Passes

/// Whether overrides of a policy name layers that have a scheme. A norm has none; nor has a layer that became a part of another one.
package struct OverrideFit {
    /// Of all modules, as imported.
    private let imported: Set<String>
    private let clean: [Module]

    /// - Throws: what the clean pipeline throws.
    package init(_ modules: [Module]) throws {
        imported = Set(modules.flatMap { $0.functions.flatMap { $0.nodes.map(\.name) } })
        clean = try modules.map { $0.stage == .imported ? try PassManager.run($0, .clean).module : $0 }
    }

    /// What is wrong with the first override of `policy` that would do nothing, and what to do; nil if all do something.
    package func fault(_ policy: PrecisionPolicy) throws -> (override: PrecisionPolicy.Override, text: String)? {
        guard let idle = try policy.overrides.first(where: { try !isOfUse($0.pattern) }) else { return nil }
        return (idle, text(idle.pattern))
    }

    private func isOfUse(_ pattern: NamePattern) throws -> Bool {
        // Attention rounds what comes, other layers their weights: each scheme is for one of them at least.
        try [LayerScheme.int8, .w8].contains { scheme in
            let policy = PrecisionPolicy(.f32, overrides: [PrecisionPolicy.Override(pattern, scheme)])
            guard let pipeline = policy.pipeline(halfRange: false) else { return false }
            return try clean.contains { module in
                let prepared = try PassManager.run(module, policy.preparing).module
                return try prepared.functions.contains { try OverrideFit.matches(pattern, pipeline, $0, prepared) }
            }
        }
    }

    /// Whether a rule of `pipeline` has something to say of a node that fits.
    private static func matches(_ pattern: NamePattern, _ pipeline: Pipeline, _ graph: Graph, _ module: Module) throws -> Bool {
        let rules = pipeline.transformations.compactMap { $0 as? any Rule }
        return try graph.nodes.contains { node in
            guard pattern.fits(node.name) else { return false }
            return try rules.contains { rule in
                guard rule.anchors?.contains(node.opName) != false else { return false }
                return try rule.patch(at: node, in: graph, of: module) != nil
            }
        }
    }

    private func text(_ pattern: NamePattern) -> String {
        let advice = "'tessera inspect MODEL --ir --stage clean' shows the names of layers"
        let names = Set(clean.flatMap { $0.functions.flatMap { $0.nodes.map(\.name) } })
        if names.contains(where: pattern.fits) {
            return "what is called so has no weights to round, or none that are worth it; \(advice)"
        }
        if imported.contains(where: pattern.fits) {
            return "what is called so is a part of another layer, which has another name; \(advice)"
        }
        let hint = pattern.isOfMany ? advice : NearNames.hint(pattern.description, in: names.union(imported).sorted(), otherwise: advice)
        return "no layer is called so; \(hint)"
    }
}
