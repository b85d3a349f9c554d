import Files
import Foundation
import Media

/// The course of a loss as a picture: batches to the right, the loss upwards, evaluations as dots.
struct LossCurve {
    static let name = "loss.png"

    private let train, evaluation: [(step: Int, loss: Double)]

    private static let size = (width: 960, height: 540)
    private static let plot = PixelRect(x: 80, y: 48, width: 848, height: 428)
    private static let (ink, grid) = (RGBColor(40, 44, 52), RGBColor(226, 229, 233))
    private static let (trainColor, evaluationColor) = (RGBColor(31, 111, 178), RGBColor(214, 96, 28))

    /// nil if there is nothing to draw: no two entries with a finite loss.
    init?(_ entries: [LogEntry]) {
        func series(_ name: String) -> [(step: Int, loss: Double)] {
            entries.compactMap { entry in entry.values[name].flatMap { $0.isFinite ? (entry.step, $0) : nil } }
        }
        train = LossCurve.thinned(series("loss"), to: LossCurve.plot.width / 2)
        evaluation = series(LogEntry.evaluation + "loss")
        guard train.count > 1 else { return nil }
    }

    /// Means of neighbours, at most `count` of them.
    private static func thinned(_ points: [(step: Int, loss: Double)], to count: Int) -> [(step: Int, loss: Double)] {
        guard points.count > count else { return points }
        return (0..<count).map { index in
            let part = points[points.count * index / count..<points.count * (index + 1) / count]
            return (part[part.startIndex].step, part.reduce(0) { $0 + $1.loss } / Double(part.count))
        }
    }

    /// - Throws: `MediaError` where cairo is not there, `OutputError`.
    func write(to path: String, title: String) throws {
        try drawn(title).writePNG(to: path)
    }

    func drawn(_ title: String) throws -> ByteImage {
        var image = try ByteImage(width: LossCurve.size.width, height: LossCurve.size.height, channels: 3, filledWith: 255)
        let scale = Scale(train + evaluation, in: LossCurve.plot)
        let (font, small) = (TextFont(18, isBold: true), TextFont(13))
        try image.text(font.truncate(title, width: LossCurve.plot.width), x: LossCurve.plot.x, y: 12, LossCurve.ink, font)
        for tick in scale.losses {
            let y = Int(scale.y(tick))
            image.fill(PixelRect(x: LossCurve.plot.x, y: y, width: LossCurve.plot.width, height: 1), LossCurve.grid)
            let text = Scale.text(tick)
            try image.text(text, x: LossCurve.plot.x - 8 - small.width(text), y: y - small.lineHeight / 2, LossCurve.ink, small)
        }
        for tick in scale.steps {
            let text = Scale.text(tick)
            let x = Int(scale.x(tick)) - small.width(text) / 2
            try image.text(text, x: x, y: LossCurve.plot.y + LossCurve.plot.height + 8, LossCurve.ink, small)
        }
        try image.lines(train.map { (scale.x(Double($0.step)), scale.y($0.loss)) }, LossCurve.trainColor, thickness: 2)
        for point in evaluation {
            try image.lines([(scale.x(Double(point.step)), scale.y(point.loss))], LossCurve.evaluationColor, thickness: 8)
        }
        try legend(&image, small)
        return image
    }

    private func legend(_ image: inout ByteImage, _ font: TextFont) throws {
        let y = LossCurve.size.height - font.lineHeight - 8
        var x = LossCurve.plot.x
        for (text, color) in [("batches →", LossCurve.ink), ("loss of the training", LossCurve.trainColor)]
            + (evaluation.isEmpty ? [] : [("of the evaluation set", LossCurve.evaluationColor)])
        {
            try image.text(text, x: x, y: y, color, font)
            x += font.width(text) + 28
        }
    }
}

/// Where numbers lie in the picture, and round numbers beside the axes.
private struct Scale {
    private let plot: PixelRect
    private let (firstStep, lastStep, lowest, highest): (Double, Double, Double, Double)
    let losses, steps: [Double]

    init(_ points: [(step: Int, loss: Double)], in plot: PixelRect) {
        self.plot = plot
        let (xs, ys) = (points.map { Double($0.step) }, points.map(\.loss))
        (firstStep, lastStep) = (0, max(xs.max() ?? 1, 1))
        let (low, high) = (ys.min() ?? 0, ys.max() ?? 1)
        let room = max((high - low) * 0.05, abs(high) * 1e-6, 1e-12)
        (lowest, highest) = (low - room, high + room)
        losses = Scale.round(lowest, highest, about: 6)
        steps = Scale.round(firstStep, lastStep, about: 8)
    }

    func x(_ step: Double) -> Double { Double(plot.x) + (step - firstStep) / (lastStep - firstStep) * Double(plot.width) }
    func y(_ loss: Double) -> Double { Double(plot.y) + (highest - loss) / (highest - lowest) * Double(plot.height) }

    /// Multiples of 1, 2 or 5 times a power of ten between two numbers.
    static func round(_ low: Double, _ high: Double, about count: Int) -> [Double] {
        let rough = (high - low) / Double(count)
        guard rough > 0, rough.isFinite else { return [] }
        let power = pow(10, floor(log10(rough)))
        let unit = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let (first, last) = ((low / unit).rounded(.up), (high / unit).rounded(.down))
        guard last >= first, last - first < 100 else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * unit }
    }

    static func text(_ value: Double) -> String { String(format: "%.6g", value) }
}
