import ArgumentParser
import Calibration
import Files
import Formats
import Foundation
import FourM
import FourMModels
import Hub
import IR
import Importers
import Inspect
import ONNXSessions
import Passes
import Runtime

/// `tessera evaluate`
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Tell how much a quantized or compiled model differs from another.",
        discussion: """
            Both make the same of the same data. Of bundles and 4M models, --data names pictures and captions: a folder, a pattern, or a .txt with a \
            caption a line; beside a picture of the same name, its lines are captions of that picture. Of each both make every target that is not \
            given, image-like ones in one step, texts the most probable token after the other; without --target both encode and decode pictures too. \
            Of other models it is a folder of recorded inputs: an .npz or .safetensors file for each call, in a folder FUNCTION if there are \
            several functions.

            tokens: places where the most probable token is the same. samples: all tokens are the same. SQNR: of the logits. KL: divergence of the second's distribution \
            of a token from the first's, in nats, the mean and what one place in a thousand exceeds. PSNR: of the second's pictures against \
            the first's.

            Without a second model the first is held against itself in --precision. The first is f32 unless it is compiled.

            Examples:
              tessera evaluate Models/shapes --precision int8 --data 'Models/shapes/images/*_rgb.png'
              tessera evaluate Models/shapes shapes-int4 --data photos/
              tessera evaluate Models/shapes shapes-int4 --data captions.txt --target tok_rgb
              tessera evaluate Models/shapes --precision int4 --override 'to_logits*=int8' --target caption --data photos/
              tessera evaluate model.onnx model-int8.tess --data inputs/ --json
            """)

    @Argument(help: ArgumentHelp("What is right: a bundle, a checkpoint, an ONNX or a compiled model.", valueName: "model"))
    var model: String

    @Argument(help: ArgumentHelp("What is held against it; default: the same in --precision.", valueName: "other"))
    var other: String?

    @Option(help: ArgumentHelp("Pictures and captions, or recorded inputs; may be repeated.", valueName: "place"))
    var data: [String]

    @Option(help: ArgumentHelp("A target to make; may be repeated. Default: all that both make.", valueName: "modality"))
    var target: [String] = []

    @Option(
        parsing: .unconditional, help: "Most pictures and captions, or calls of a function; default: all.",
        transform: OptionValue.whole(1...1_000_000))
    var samples: Int?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let model, other, precision: String
        let samples: Int?
        let targets: [BundleComparison.Target]?
        let outputs: [OutputAccuracy]?
    }

    func validate() throws {
        guard other == nil, compute.policy.isIdentity else { return }
        throw ValidationError("give a second model, or a --precision to hold the first against")
    }

    func run() throws {
        try global.apply()
        try reading.requirePlaces()
        let (report, samples) = try takesSamples ? targets() : (functions(), [])
        if json { try Output.writeJSON(report) } else { show(report, samples) }
    }

    private var reading: CalibrationData { CalibrationData(places: data, samples: samples ?? .max, flag: "--data") }

    /// Whether the model makes targets of pictures and captions.
    private var takesSamples: Bool {
        get throws {
            let path = try ModelLocation.find(model).path
            if FourM.Bundle.isBundle(path) { return true }
            guard reading.holdsSamples, ONNXModelFile.find(path) == nil else { return false }
            return try ModelLoader.read(path).module.metadata["family"] == .string(FourMImporter.transformerFamily)
        }
    }

    private func targets() throws -> (Report, [ModelSample]) {
        let first = try ModelOrBundle.load(model, .f32)
        let second = try ModelOrBundle.load(other ?? model, compute.policy)
        if try !second.bundle.compiledParts.isEmpty { try refusePrecision() }
        for (bundle, side) in [(first, "first"), (second, "second")] { bundle.onLoad = { global.note("loading the \(side) \($0)") } }
        let samples = try reading.samples(for: first, second)
        var comparison = try BundleComparison(first, second, of: samples, targets: target)
        let bar = ProgressBar("comparing")
        for (number, sample) in samples.enumerated() {
            bar.update(Double(number) / Double(samples.count), title: nil, detail: FilePath.name(of: sample.name))
            try comparison.add(sample)
        }
        bar.finish()
        let report = Report(
            model: model, other: other ?? model, precision: compute.policy.description, samples: samples.count, targets: comparison.targets,
            outputs: nil)
        return (report, samples)
    }

    /// - Throws: `TesseraError` if a precision was given for a model that has one.
    private func refusePrecision() throws {
        guard let flag = compute.given.first else { return }
        throw Refusal.usage("\(flag): \(other ?? model) is compiled already; leave it out, or give the checkpoint")
    }

    private func functions() throws -> Report {
        if !target.isEmpty {
            throw Refusal.usage("--target is for pictures and captions; \(model) is compared by the results of its functions")
        }
        try compute.policy.requireRanges()
        let (first, second) = (try read(model, .f32), try read(other ?? model, compute.policy))
        let onnx = ONNXModelFile.find(try ModelLocation.find(model).path)
        let calls = try onnx.map { try reading.calls(of: ONNXSession(ONNXModel(path: $0))) } ?? reading.calls(of: first.module)
        let plans = (try first.plan(precision: .f32), try second.plan(precision: compute.policy))
        let bar = ProgressBar("comparing")
        let comparison = try OutputComparison.of(plans.0, plans.1, calls, most: .max) { bar.update($0, title: nil) }
        bar.finish()
        guard !comparison.outputs.isEmpty else {
            throw Refusal.content("\(model) and \(other ?? model) have no function with the same results")
        }
        return Report(
            model: model, other: other ?? model, precision: compute.policy.description, samples: nil, targets: nil,
            outputs: comparison.outputs)
    }

    private func read(_ model: String, _ policy: PrecisionPolicy) throws -> ReadModel {
        let path = try ModelLocation.find(model).path
        let onnx = try ONNXModelFile.find(path).map { ReadModel.imported(try ModelArgument.symbolic(onnx: $0, []).module) }
        let model = try onnx ?? ModelLoader.read(path)
        if case .compiled = model, !policy.isIdentity { try refusePrecision() }
        try policy.requireFits([model.module])
        return model
    }

    private func show(_ report: Report, _ samples: [ModelSample]) {
        func share(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
        if let targets = report.targets {
            let rows = targets.map { target in
                [
                    target.target, share(target.equalTokens), share(target.equalSamples),
                    target.logitsSQNR.map { String(format: "%.1f", $0) } ?? "",
                    target.meanDivergence.map { String(format: "%.4f", $0) } ?? "",
                    target.largeDivergence.map { String(format: "%.3f", $0) } ?? "",
                    target.psnr.map { String(format: "%.1f", $0) } ?? "",
                ]
            }
            Output.table(["target", "tokens", "samples", "SQNR dB", "KL", "KL 99.9 %", "PSNR dB"], rows, right: [1, 2, 3, 4, 5, 6])
            Output.line("\n\(ModelSample.count(samples))")
        }
        if let outputs = report.outputs { RoundingText.show(outputs, most: .max) }
    }
}
