import Files
import FourMModels
import IR
import Importers

extension BundleCheck {
    /// What a look at one part gave.
    package struct Finding {
        package let part: BundlePart
        /// Where it is on disk; as the bundle names it where that is not known.
        package let path: String
        /// A model or tokenizer that could be read.
        package let model: ReadModel?
        /// Bytes of its weights as stored, or of the text tokenizer's file; nil for what could not be read.
        package let bytes: Int?
        /// Why the part cannot be used; nil if it is sound.
        package let problem: (any Error)?
    }

    /// Looks at all parts, also for values that are not finite, one after the other.
    package func findings() -> [Finding] { bundle.parts.map(finding) }

    private func finding(_ part: BundlePart) -> Finding {
        var path = part.source
        var model: ReadModel?
        do {
            path = try part.role == .textTokenizer ? bundle.textTokenizerPath() ?? part.source : bundle.resolve(part.source)
            if part.role == .model, !bundle.lora.isEmpty {
                // Adapters that cannot be merged are their own finding.
                model = try bundle.read(part.source)
                _ = try model.map { try ModelModality.read($0.module) }
            } else {
                model = try check(Need(part))
            }
            if let tensor = (model?.module).flatMap(BundleCheck.notFinite) {
                throw BundleError(
                    "\(path): tensor '\(tensor)' has values that are not finite (NaN or infinity); fetch or export the file again")
            }
            return Finding(part: part, path: path, model: model, bytes: try model?.byteCount ?? size(of: part, path), problem: nil)
        } catch {
            return Finding(part: part, path: path, model: model, bytes: model?.byteCount, problem: error)
        }
    }

    /// Bytes of a part that is no model.
    private func size(of part: BundlePart, _ path: String) throws -> Int? {
        if let archive = bundle.archive { return try archive.contents(part.source).count }
        return try InputFile(path).size
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
