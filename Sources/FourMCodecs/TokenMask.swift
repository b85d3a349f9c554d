import Formats
import FourMModels
import FourMSettings
import IR
import Media

/// Which tokens of a given modality are hidden: they are no input, and are predicted where the modality is a target as well.
package struct TokenMask {
    /// By position, true where hidden.
    package let isHidden: [Bool]

    /// Reads a `.npy` with one value for each of `count` positions (not 0 where hidden), or a PNG, JPEG or WebP whose white pixels hide the tokens
    /// they touch; it is cropped and scaled as the modality's picture is.
    /// - Throws: ``FourMError`` naming the file.
    package init(_ path: String, _ info: ModelModality, count: Int, _ options: ImageFile.Options = []) throws {
        guard !info.isSequence else {
            throw FourMError("a mask of '\(info.name)': a text is hidden in part by [S_1], [S_2], … in its place", .request)
        }
        isHidden = path.hasSuffix(".npy") ? try TokenMask.array(path) : try TokenMask.picture(path, info, options)
        guard isHidden.count == count else {
            throw FourMError("\(path): the mask has \(isHidden.count) values; '\(info.name)' has \(count) tokens")
        }
        guard isHidden.contains(true) else { throw FourMError("\(path) hides no token of '\(info.name)'; white (or true) is hidden") }
    }

    private static func array(_ path: String) throws -> [Bool] {
        let tensor = try NumpyFile.read(path)
        try tensor.requireFinite(path)
        let values = Set(tensor.dtype.isFloat ? tensor.floats.map(Double.init) : tensor.integers.map(Double.init))
        guard values.subtracting([0]).count <= 1 else {
            throw FourMError("\(path) has \(values.count) different values; a mask has 0, and one other where a token is hidden")
        }
        return tensor.dtype.isFloat ? tensor.floats.map { $0 != 0 } : tensor.bools
    }

    private static func picture(_ path: String, _ info: ModelModality, _ options: ImageFile.Options) throws -> [Bool] {
        guard let grid = info.grid, grid.rows > 0, grid.columns > 0 else {
            throw FourMError("\(path): '\(info.name)' has no grid; give its mask as .npy")
        }
        let size = info.imageSize ?? (height: grid.rows * 16, width: grid.columns * 16)
        let image = try ImageFile.decode(path: path, options: options).colors.gray
        let mask = try image.crop(image.centerBox(width: size.width, height: size.height)).resizedNearest(
            width: size.width, height: size.height)
        var hidden = [Bool](repeating: false, count: grid.rows * grid.columns)
        for (index, sample) in mask.samples.enumerated() where sample >= 128 {
            let (x, y) = (index % size.width, index / size.width)
            hidden[y * grid.rows / size.height * grid.columns + x * grid.columns / size.width] = true
        }
        return hidden
    }

    /// Hides tokens of every row of `batch`.
    package func hide(in batch: inout ModalityBatch) {
        batch.inputMask = batch.inputMask.map { row in zip(row, isHidden).map { $0 || $1 } }
        if case .tokens = batch.content { batch.targetMask = batch.targetMask.map { row in zip(row, isHidden).map { $0 && !$1 } } }
    }
}
