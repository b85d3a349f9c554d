import Formats
import FourMModels
import FourMSettings
import IR
import Media

/// Which tokens of a given modality are hidden: they are no input, and are predicted where the modality is a target as well.
package struct TokenMask {
    /// By position, true where hidden.
    package let isHidden: [Bool]

    /// Reads an array (a `.npy`, or one in memory) with one value for each of `count` positions (not 0 where hidden), or a picture (PNG, JPEG or
    /// WebP, or one in memory) whose white pixels hide the tokens they touch; it is cropped and scaled as the modality's picture is.
    /// - Throws: ``FourMError`` naming the file, or the modality whose mask it is.
    package init(_ value: InputValue, _ info: ModelModality, count: Int, _ options: ImageFile.Options = []) throws {
        guard !info.isSequence else {
            throw FourMError("a mask of '\(info.name)': a text is hidden in part by [S_1], [S_2], … in its place", .request)
        }
        let name = TokenMask.name(value, info)
        if case .text = value { throw FourMError("\(name) must be a picture or an array, not a text", .request) }
        if let array = try value.array() {
            isHidden = try TokenMask.flags(array, name)
        } else {
            isHidden = try TokenMask.flags(value.decoded(info.name, options).colors.gray, info, name)
        }
        guard isHidden.count == count else {
            throw FourMError("\(name) has \(isHidden.count) values; '\(info.name)' has \(count) tokens")
        }
        guard isHidden.contains(true) else { throw FourMError("\(name) hides no token of '\(info.name)'; white (or true) is hidden") }
    }

    /// What messages call it.
    private static func name(_ value: InputValue, _ info: ModelModality) -> String {
        switch value {
        case .given(let path), .file(let path): path
        case .text, .picture, .tensor: "the mask of '\(info.name)'"
        }
    }

    private static func flags(_ tensor: Tensor, _ name: String) throws -> [Bool] {
        try tensor.requireFinite(name)
        let values = Set(tensor.dtype.isFloat ? tensor.floats.map(Double.init) : tensor.integers.map(Double.init))
        guard values.subtracting([0]).count <= 1 else {
            throw FourMError("\(name) has \(values.count) different values; a mask has 0, and one other where a token is hidden")
        }
        return tensor.dtype.isFloat ? tensor.floats.map { $0 != 0 } : tensor.bools
    }

    private static func flags(_ image: ByteImage, _ info: ModelModality, _ name: String) throws -> [Bool] {
        guard let grid = info.grid, grid.rows > 0, grid.columns > 0 else {
            throw FourMError("\(name): '\(info.name)' has no grid; give its mask as an array (.npy)")
        }
        let size = info.imageSize ?? (height: grid.rows * 16, width: grid.columns * 16)
        let mask = try image.crop(image.centerBox(width: size.width, height: size.height)).resizedNearest(
            width: size.width, height: size.height)
        var hidden = [Bool](repeating: false, count: grid.rows * grid.columns)
        for (index, sample) in mask.samples.enumerated() where sample >= 128 {
            let (x, y) = (index % size.width, index / size.width)
            hidden[y * grid.rows / size.height * grid.columns + x * grid.columns / size.width] = true
        }
        return hidden
    }

    /// Hides tokens of `row` of `batch`, which has it.
    package func hide(in batch: inout ModalityBatch, row: Int) {
        batch.inputMask[row] = zip(batch.inputMask[row], isHidden).map { $0 || $1 }
        if case .tokens = batch.content { batch.targetMask[row] = zip(batch.targetMask[row], isHidden).map { $0 && !$1 } }
    }
}
