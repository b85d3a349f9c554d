import FourMText
import Media

/// What is drawn over a photo.
package enum Overlay: Sendable {
    /// With colours by label; labels without one get colours in the order in which they come.
    case boxes([DetectedBox], colors: [String: RGBColor])
    case masks(InstanceMasks)
    case people(HumanPoses)

    /// The photo with what is to be seen on it; without a photo, on an empty square of 224 pixels.
    /// - Throws: `MediaError` where cairo is not there.
    package func drawn(on photo: ByteImage?) throws -> ByteImage? {
        let shade: UInt8 = if case .masks = self { 24 } else { 245 }
        guard var canvas = photo?.rgb ?? (try? ByteImage(width: 224, height: 224, channels: 3, filledWith: shade)) else { return nil }
        switch self {
        case .boxes(let boxes, let colors):
            let (width, height) = (Double(canvas.width), Double(canvas.height))
            try canvas.draw(
                boxes: boxes.map { box in
                    LabeledBox(
                        xMin: box.xMin * width, yMin: box.yMin * height, xMax: box.xMax * width, yMax: box.yMax * height, label: box.label,
                        color: colors[box.label])
                })
        case .masks(let found): return found.drawn(on: canvas)
        case .people(let poses): try StickFigures(poses).draw(on: &canvas)
        }
        return canvas
    }
}
