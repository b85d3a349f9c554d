import FourMText
import Glibc
import IR
import Media

/// Decoded masks of a `sam_instance` string in a picture of 224 × 224 pixels, the biggest box first.
///
/// Source: `decode_sam_instances` in `fourm/utils/plotting_utils.py`: masks without contrast are left out, similar masks in nearly the same box
/// are one instance and are averaged.
package struct InstanceMasks: Sendable, Equatable {
    package struct Instance: Sendable, Equatable {
        /// `[4]`: xmin, ymin, xmax, ymax in pixels.
        package var box: [Int]
        /// Codes of the first of the strings' masks that were joined.
        package var tokens: [Int]
        /// How many masks were joined.
        package var joined: Int
        /// Row-major, width × height of the box.
        package var mask: [Bool]

        package var width: Int { box[2] - box[0] }
        package var height: Int { box[3] - box[1] }
        /// Pixels of the mask.
        package var area: Int { mask.reduce(0) { $0 + ($1 ? 1 : 0) } }
    }

    package static let side = 224
    package var instances: [Instance]

    /// - Parameter logits: f32 [n, 1, height, width], a mask for each of `found`.
    init(_ found: [SamInstance], logits: Tensor) {
        let values = logits.floats
        let (height, width) = (logits.shape[logits.rank - 2], logits.shape[logits.rank - 1])
        var groups: [[(mask: [Float], instance: SamInstance)]] = []
        for (index, instance) in found.enumerated() {
            let mask = values[index * height * width..<(index + 1) * height * width].map { 1 / (1 + exp(-$0)) }
            guard let low = mask.min(), let high = mask.max(), high - low >= 0.9 else { continue }
            let same = groups.firstIndex { group in
                InstanceMasks.similarity(group[0].mask, mask) > 0.8 && InstanceMasks.overlap(group[0].instance.box, instance.box) > 0.9
            }
            if let same { groups[same].append((mask, instance)) } else { groups.append([(mask, instance)]) }
        }
        instances = groups.map { group in
            let count = Float(group.count)
            let mean = group[0].mask.indices.map { at in group.reduce(Float(0)) { $0 + $1.mask[at] } / count }
            let box = (0..<4).map { axis in group.reduce(0) { $0 + $1.instance.box[axis] } / group.count }
            let sampled = CubicMask(values: mean, width: width, height: height).resized(width: box[2] - box[0], height: box[3] - box[1])
            return Instance(box: box, tokens: group[0].instance.tokens, joined: group.count, mask: sampled.map { $0 > 0.5 })
        }
    }

    /// Dice's coefficient of two soft masks.
    private static func similarity(_ a: [Float], _ b: [Float]) -> Float {
        let both = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        return 2 * (both + 0.01) / (a.reduce(0, +) + b.reduce(0, +) + 0.01)
    }

    /// Intersection over union of two boxes.
    private static func overlap(_ a: [Int], _ b: [Int]) -> Double {
        let inner = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
        let outer = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner
        return outer > 0 ? Double(inner) / Double(outer) : 0
    }

    /// Number of the instance of each pixel from 1, 0 for none; later instances lie over earlier ones.
    package func labels() throws -> ByteImage {
        let side = InstanceMasks.side
        var samples = [UInt8](repeating: 0, count: side * side)
        for (number, instance) in instances.enumerated() {
            for (index, isInside) in instance.mask.enumerated() where isInside {
                let (x, y) = (instance.box[0] + index % instance.width, instance.box[1] + index / instance.width)
                if x < side, y < side { samples[y * side + x] = UInt8(clamping: number + 1) }
            }
        }
        return try ByteImage(width: side, height: side, channels: 1, samples: samples)
    }

    /// Masks in colours over `photo`, which becomes 224 × 224.
    func drawn(on photo: ByteImage) -> ByteImage? {
        guard var canvas = try? Preprocess.square(photo, side: InstanceMasks.side) else { return nil }
        let palette = LabelPalette.distinct(instances.count)
        for (index, instance) in instances.enumerated() {
            canvas.tint(instance.mask, width: instance.width, x: instance.box[0], y: instance.box[1], palette[index], opacity: 0.7)
        }
        return canvas
    }
}

/// Bicubic resize without antialiasing, Keys' kernel with a = -0.75 and replicated borders (OpenCV's INTER_CUBIC).
private struct CubicMask {
    let values: [Float]
    let width: Int
    let height: Int

    func resized(width newWidth: Int, height newHeight: Int) -> [Float] {
        let columns = (0..<max(newWidth, 0)).map { CubicMask.taps($0, width, newWidth) }
        let rows = (0..<max(newHeight, 0)).map { CubicMask.taps($0, height, newHeight) }
        var out: [Float] = []
        out.reserveCapacity(rows.count * columns.count)
        for row in rows {
            for column in columns {
                var sum: Float = 0
                for y in row { for x in column { sum += y.weight * x.weight * values[y.index * width + x.index] } }
                out.append(sum)
            }
        }
        return out
    }

    private static func taps(_ output: Int, _ inputs: Int, _ outputs: Int) -> [(index: Int, weight: Float)] {
        let position = (Float(output) + 0.5) * Float(inputs) / Float(outputs) - 0.5
        let first = position.rounded(.down)
        let t = position - first
        let a: Float = -0.75
        func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
        func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        let weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
        return (0..<4).map { (index: min(max(Int(first) + $0 - 1, 0), inputs - 1), weight: weights[$0]) }
    }
}
