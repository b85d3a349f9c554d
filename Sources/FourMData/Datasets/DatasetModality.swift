import FourMCodecs
import FourMSettings

/// What the files of one modality are, and which tokenizer takes them.
package struct DatasetModality: Sendable, Hashable {
    /// Name of the tokenizer in a bundle: `tok_rgb`.
    package let base: String
    /// Name without `tok_` and size: the folder that holds the files.
    package let folder: String
    package let files: DenseFiles

    /// `rgb`, `tok_rgb` and `tok_rgb@224` are the same. `semseg` takes class ids as they are; `semseg_coco` shifts them by one, as the
    /// reference does for COCO.
    /// - Throws: ``FourMError`` for modalities that have no files of this kind.
    package init(_ name: String) throws(FourMError) {
        let plain = ModalityInfo.baseName(of: name)
        folder = plain.hasPrefix("tok_") ? String(plain.dropFirst(4)) : plain
        let isCOCO = folder == DatasetModality.coco
        base = "tok_" + (isCOCO ? "semseg" : folder)
        guard let files = ModalityCodecs.dense[base]?.files else {
            let others = ModalityCodecs.dense.filter { $0.value.files != nil }.map { String($0.key.dropFirst(4)) }
            let known = (others + [DatasetModality.coco]).sorted().joined(separator: ", ")
            throw FourMError("data sets of '\(name)' cannot be tokenized; known: \(known)", .request)
        }
        self.files = isCOCO ? .labels(shifted: true) : files
    }

    private static let coco = "semseg_coco"
}
