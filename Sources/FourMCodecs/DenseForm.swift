import FourMModels
import FourMSettings
import IR
import Media

/// What a tokenizer asks of its input.
package struct DenseForm: Sendable {
    var modality: String
    package var size: PixelSize
    package var channels = 3
    /// Segmentation classes, 0 if unknown or if it takes no class ids.
    var classes = 0
    /// Whether it treats each place alone, so that a vector is an input.
    var takesVectors = false
    /// Whether values of any unit are standardised, so that integers serve as well as floats.
    private var takesIntegers: Bool { ModalityInfo.baseName(of: modality) == "tok_depth" }
    var normalization = PixelNormalization.minus1To1
    package var options: ImageFile.Options = []

    package var takesClasses: Bool { classes > 0 }

    /// - Throws: ``FourMError`` naming `source` for a class that the tokenizer does not have.
    func checked(_ ids: [Int], _ source: String) throws -> [Int] {
        if let stranger = ids.first(where: { $0 < 0 || (classes > 0 && $0 >= classes) }) {
            throw FourMError("\(source): class \(stranger) is not among the \(classes) classes of the tokenizer")
        }
        return ids
    }

    /// `tensor` with the sizes that arrays without their leading 1, and vectors of tokenizers that treat each alone, lack: f32
    /// [n, channels, height, width], or i64 class ids [n, height, width]. Depth may be integers of any unit.
    /// - Throws: ``FourMError`` naming `source` for another type or shape, and for values that are not finite.
    package func array(_ tensor: Tensor, _ source: String) throws -> Tensor {
        let shape = tensor.shape
        if takesClasses {
            guard !tensor.dtype.isFloat, shape.count == 2 || shape.count == 3 else {
                throw FourMError("\(source): '\(modality)' takes class ids, integers [height, width], not \(tensor.type)")
            }
            return Tensor(integers: tensor.integers, shape.count == 2 ? [1] + shape : shape)
        }
        let full =
            switch shape.count {
            case 1 where takesVectors: [1] + shape + [1, 1]
            case 2 where takesVectors: shape + [1, 1]
            case 2 where channels == 1: [1, 1] + shape
            case 3: [1] + shape
            default: shape
            }
        guard tensor.dtype.isFloat || takesIntegers && tensor.dtype.isInteger, full.count == 4, full[1] == channels, !full.contains(0)
        else {
            let forms = takesVectors ? "[channels], [n, channels] or [n, channels, rows, columns]" : "[channels, height, width]"
            throw FourMError("\(source): '\(modality)' takes floats \(forms) with \(channels) channels, not \(tensor.type)")
        }
        let values = Tensor(tensor.floats, full)
        try values.requireFinite(source)
        return values
    }
}

extension DenseForm {
    /// - Parameter classes: Of segmentation, if it takes class ids.
    package init(
        modality: String, size: PixelSize, channels: Int, classes: Int, takesVectors: Bool, normalization: PixelNormalization
    ) {
        self.init(
            modality: modality, size: size, channels: channels, classes: classes, takesVectors: takesVectors, normalization: normalization,
            options: [])
    }

    /// Of the input of `tokenizer`.
    package init(_ modality: String, _ tokenizer: TokenizerModel, size: PixelSize, _ options: ImageFile.Options) {
        self.init(
            modality: modality, size: size, channels: tokenizer.channels, classes: tokenizer.metadata.integer(.labels) ?? 0,
            takesVectors: tokenizer.takesVectors, normalization: tokenizer.normalization, options: options)
    }
}
