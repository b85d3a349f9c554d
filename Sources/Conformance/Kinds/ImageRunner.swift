import Foundation
import IR
import Media

/// Decoding, cropping, resizing and scaling of pictures.
enum ImageRunner: CaseRunner {
    static let kinds = ["image_preprocess"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let outputs = try golden.outputs()
        for item in try golden.parameters.sections("images") { try picture(item, golden, outputs, &report) }
        for item in try golden.parameters.sections("crops") { try crop(item, golden, outputs, &report) }
        report.requireAll(outputs)
    }

    private static func picture(
        _ item: Parameters, _ golden: GoldenCase, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let name = try item.text("file")
        let image = try load(name, golden)
        let reference = try outputs.needed("\(name).decoded")
        compare("\(name).decoded", image, reference, levels: try item.integer("decode_tolerance"), &report)
        guard reference.shape.count == 3 else { return report.fail("\(name).decoded: is no picture") }
        // JPEG decoders may differ by a few levels, so what follows starts from the reference's pixels.
        let pixels = try ByteImage(
            width: reference.shape[1], height: reference.shape[0], channels: 3, samples: reference.integers.map { UInt8(clamping: $0) })
        let resized = try Preprocess.square(pixels, side: item.integer("target"))
        report.compare("\(name).resized", resized.tensor, outputs["\(name).resized"])
        for (key, normalization) in [("imagenet", PixelNormalization.imagenet), ("minus1_1", .minus1To1)] {
            guard let expected = outputs["\(name).\(key)"] else { continue }
            let values = Tensor(normalization.tensor(resized), [1, 3, resized.height, resized.width])
            report.compare("\(name).\(key)", values, expected)
        }
    }

    private static func crop(
        _ item: Parameters, _ golden: GoldenCase, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let output = try item.text("output")
        let (box, target) = (try item.numbers("crop_top_left_h_w").map { Int($0) }, try item.numbers("target").map { Int($0) })
        guard box.count == 4, target.count == 2 else { return report.fail("\(output): its crop or target is malformed") }
        let filter = try (item["resample"] as? String).map { name in
            guard let filter = ResampleFilter(rawValue: name) else { throw ConformanceError("\(output): unknown filter '\(name)'") }
            return filter
        }
        let how = Preprocess.Augmentation(
            crop: CropBox(top: box[0], left: box[1], height: box[2], width: box[3]), referenceTarget: (target[0], target[1]),
            filter: filter, flip: try item.integer("hflip") != 0)
        report.compare(output, try Preprocess.rgb(load(item.text("file"), golden), how).tensor, outputs[output])
    }

    private static func load(_ name: String, _ golden: GoldenCase) throws -> ByteImage {
        try ImageFile.load(path: golden.file(name).path, options: .ignoringOrientation)
    }

    /// Pixels may differ by `levels`.
    private static func compare(
        _ name: String, _ image: ByteImage, _ expected: Tensor, levels: Int, _ report: inout CaseReport
    ) {
        guard levels > 0, image.tensor.shape == expected.shape else { return report.compare(name, image.tensor, expected) }
        let values = zip(image.samples, expected.integers).map { sample, reference in
            abs(Int(sample) - reference) <= levels ? reference : Int(sample)
        }
        report.compare(name, Tensor(integers: values, expected.shape, as: .u8), expected)
    }
}

/// 16-bit depth maps and surface normals. The case lists no parameters; its description gives the crops.
enum DepthNormalRunner: CaseRunner {
    static let kinds = ["image_depth_normal"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let outputs = try golden.outputs()
        let depth = try ImageFile.loadGray16(path: golden.file("depth.png").path)
        let normal = try ImageFile.load(path: golden.file("normal.png").path)
        for index in 0...1 {
            // The description calls the default filter of 16-bit pictures nearest; the data hold what bicubic gives.
            let cropped = try Preprocess.depth(depth, how(top: 4, left: 5, index == 0 ? .nearest : nil, flip: index == 1))
            let shape = [1, cropped.height, cropped.width]
            let raw = Tensor(integers: cropped.samples.map { Int($0) }, [cropped.height, cropped.width])
            report.compare("depth\(index).raw", raw, outputs["depth\(index).raw"])
            let values = try Preprocess.standardizedDepth(Preprocess.unitDepth(cropped))
            report.compare("depth\(index)", Tensor(values, shape), outputs["depth\(index)"])
            let turned = try Preprocess.normals(normal, how(top: 0, left: 0, .bilinear, flip: index == 1))
            let pixels = Tensor(PixelNormalization.minus1To1.tensor(turned), [3, turned.height, turned.width])
            report.compare("normal\(index)", pixels, outputs["normal\(index)"])
        }
        let unit = Tensor(Preprocess.unitDepth(depth), [1, depth.height, depth.width])
        report.compare("depth_unstandardized", unit, outputs["depth_unstandardized"])
        report.requireAll(outputs)
    }

    private static func how(top: Int, left: Int, _ filter: ResampleFilter?, flip: Bool) -> Preprocess.Augmentation {
        Preprocess.Augmentation(
            crop: CropBox(top: top, left: left, height: 60, width: 60), referenceTarget: (32, 32), filter: filter, flip: flip)
    }
}

extension Raster where Sample == UInt8 {
    /// u8 [height, width, channels].
    fileprivate var tensor: Tensor { Tensor(integers: samples.map { Int($0) }, [height, width, channels], as: .u8) }
}
