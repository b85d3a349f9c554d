import FourMText
import IR
import Media

/// One generated modality of one sample, in the forms that people and programs want.
package struct DecodedTarget: Sendable {
    package let modality: String
    /// Token ids; a dense grid's row by row, a text's without padding.
    package var tokens: [Int]
    /// Rows and columns of a dense target.
    package var grid: (rows: Int, columns: Int)?
    /// What the tokens stand for: pixels or normals f32 [3, h, w], depth f32 [h, w], classes u8 [h, w], features f32 [c, h, w], or [c] of a
    /// whole picture.
    package var values: Tensor?
    package var picture: ByteImage?
    /// Depth as 16-bit grey, stretched to the full range.
    package var depth16: Image16?
    /// Classes of pixels, or numbers of instances from 1, as raw ids.
    package var labels: ByteImage?
    package var text: String?
    package var boxes: DetectedBoxes?
    /// The structure that the tokens stand for, as a JSON document.
    package var json: String?
    /// What is to be drawn over the photo.
    package var overlay: Overlay?
    /// The text in a form for people, where that differs.
    package var summary: String?
    /// What the picture's colours mean.
    package var key: ColorKey?
    /// What a page says below the picture.
    package var footer = ""
    /// What of the tokens could not be read.
    package var warnings: [String] = []

    package init(modality: String, tokens: [Int], grid: (rows: Int, columns: Int)? = nil) {
        self.modality = modality
        self.tokens = tokens
        self.grid = grid
    }
}
