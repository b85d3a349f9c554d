import IR
import Importers

/// What of a tokenizer's module is trained by gradients: what its checkpoint holds, but not position tables of fixed waves (`pos_emb`,
/// `mid_pos_emb`), and nothing of a codebook that follows averages.
package enum TokenizerParameters {
    /// Parts that a frozen encoder stands for (`FREEZE_MODULES` of `fourm/vq/vqvae.py`).
    package static let frozenParts = ["encoder.", "quant_proj.", "quantize.", "cls_emb."]

    /// Keys of the constants that are trained, sorted.
    /// - Parameter freezesEncoder: whether encoder and quantizer stay as they are.
    package static func trained(_ module: Module, freezesEncoder: Bool = false) -> [String] {
        module.constants.values.filter { $0.type.dtype.isFloat }.map(\.key).filter { key in
            isParameter(key) && !(freezesEncoder && frozenParts.contains { key.hasPrefix($0) })
        }.sorted()
    }

    /// Those of them that a function reads, also in functions that it calls: what no way leads to has no gradient.
    package static func read(by function: String, _ module: Module, freezesEncoder: Bool = false) -> [String] {
        let used = module.reachable(from: [function]).reduce(into: Set<String>()) { used, name in
            used.formUnion(module.function(name)?.usedConstants ?? [])
        }
        return trained(module, freezesEncoder: freezesEncoder).filter(used.contains)
    }

    private static func isParameter(_ key: String) -> Bool {
        !key.hasPrefix("quantize._codebook.") && !key.hasSuffix("pos_emb") && !isImportersOwn(key)
    }

    /// Tables that no checkpoint holds.
    private static func isImportersOwn(_ key: String) -> Bool {
        key.hasSuffix(".frequencies") || key.hasPrefix("undo_std.") || key.hasPrefix("diffusion.")
    }
}
