import FourMModels
import IR
import Importers

extension BundleCheck {
    /// What a look at one part gave.
    package struct Finding {
        package let part: BundlePart
        /// Where it is on disk; as the bundle names it where that is not known.
        package let path: String
        /// Of a model or tokenizer that could be read.
        package let module: Module?
        /// Why the part cannot be used; nil if it is sound.
        package let problem: (any Error)?
    }

    /// Looks at all parts, also for values that are not finite, one after the other.
    package func findings() -> [Finding] { bundle.parts.map(finding) }

    private func finding(_ part: BundlePart) -> Finding {
        var path = part.source
        var module: Module?
        do {
            path = try part.role == .textTokenizer ? bundle.textTokenizerPath() ?? part.source : bundle.resolve(part.source)
            if part.role == .model, !bundle.lora.isEmpty {
                // Adapters that cannot be merged are their own finding.
                module = try ModelLoader.read(path).module
                _ = try module.map(ModelModality.read)
            } else {
                module = try check(Need(part))
            }
            if let tensor = module.flatMap(BundleCheck.notFinite) {
                throw BundleError(
                    "\(path): tensor '\(tensor)' has values that are not finite (NaN or infinity); fetch or export the file again")
            }
            return Finding(part: part, path: path, module: module, problem: nil)
        } catch {
            return Finding(part: part, path: path, module: module, problem: error)
        }
    }

    /// Elements of a tensor that are looked at: all of norms and biases, the beginning of matrices, so that no large file is read whole.
    private static let looked = 1 << 14

    /// The first tensor, by name, that has a value which is not finite where one looks.
    private static func notFinite(_ module: Module) -> String? {
        module.constants.values.sorted { $0.key < $1.key }.first { constant in
            guard constant.type.dtype.isFloat, let bytes = constant.bytes, let count = constant.type.elementCount.value else {
                return false
            }
            let first = min(count, looked)
            guard first > 0, let size = constant.type.dtype.byteCount(of: first),
                let start = ByteSlice(bytes.owner, offset: bytes.offset, count: min(size, bytes.count))
            else { return false }
            return Tensor(dtype: constant.type.dtype, shape: [first], bytes: start)?.floats.contains { !$0.isFinite } ?? false
        }?.key
    }
}
