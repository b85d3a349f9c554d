import Foundation
import Tessera
import TestSupport
import Testing

/// What `tessera compile` can do with weights, from Swift.
@Suite struct QuantizationTests {
    private let model: Model
    private let calls: [CalibrationCalls.Call]

    init() throws {
        model = try Model(DemoBundle.folder + "/tok_rgb.safetensors")
        calls = try (1...2).map { seed in
            var draw = SampleTensors(seed: UInt64(seed))
            return CalibrationCalls.Call("tokenize", ["image": try Tensor(draw.floats([1, 3, 64, 64]).floats, [1, 3, 64, 64])])
        }
    }

    private func options(_ precision: CompileOptions.Precision, _ edit: (inout CompileOptions) -> Void = { _ in }) -> CompileOptions {
        var made = CompileOptions()
        (made.precision, made.functions) = (precision, ["tokenize"])
        edit(&made)
        return made
    }

    private func latents(_ compiled: CompiledModel) throws -> [Float] {
        try #require(compiled.makeSession().run("tokenize", calls[0].inputs)["latents"]).floats
    }

    private func error(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }

    @Test func weightsAreRoundedForRecordedCalls() throws {
        let calibrated = options(.int4) {
            $0.calibration = CalibrationCalls(calls)
            $0.overrides = [CompileOptions.Override("encoder.blocks.0.*", .int8)]
        }
        let compiled = try model.compiled(calibrated)
        let report = try #require(compiled.report)
        #expect(report.layers.count > 10 && report.layers.allSatisfy { $0.calls == 2 && $0.decibels >= $0.nearestDecibels - 1 })
        #expect(Set(report.layers.filter { $0.name.hasPrefix("encoder.blocks.0.") }.map(\.scheme)) == [.int8])
        #expect(report.outputs.contains { $0.function == "tokenize" && $0.name == "latents" && $0.calls == 2 })
        let exact = try latents(model.compiled(options(.f32)))
        let nearest = try latents(model.compiled(options(.int4) { $0.overrides = calibrated.overrides }))
        let found = try latents(compiled)
        #expect(error(found, exact) < error(nearest, exact))
        // The file is the same, and knows what was done.
        let folder = try Scratch()
        let file = folder.path + "/t.tess"
        let told = try CompiledModel.write(model, to: file, calibrated)
        #expect(told.layers == report.layers)
        let opened = try CompiledModel(contentsOf: file)
        #expect(try latents(opened) == found && opened.report?.layers == report.layers && opened.options.precision == .int4)
    }

    @Test func rangesAndGroupsAreChosen() throws {
        let ranges = options(.int8Static) {
            $0.calibration = CalibrationCalls(calls)
            $0.calibration?.ranges = .minMax
            $0.calibration?.movesScales = true
        }
        let exact = try latents(model.compiled(options(.f32)))
        let scale = error(exact, exact.map { _ in 0 })
        #expect(try error(latents(model.compiled(ranges)), exact) < 0.05 * scale)
        let coarse = try model.compiled(options(.w4) { $0.groupSize = 128 })
        let fine = try model.compiled(options(.w4) { $0.zeroPoints = true })
        #expect(coarse.weightBytes < fine.weightBytes && coarse.report == nil)
        #expect(try error(latents(fine), exact) < error(latents(coarse), exact))
    }

    @Test func whatCannotBeMeantIsSaid() throws {
        #expect(throws: TesseraError.self) { try GenerationPipeline(DemoBundle.folder, precision: .int8Static) }
        let calls = calls
        let wrong: [(CompileOptions, String)] = [
            (options(.int4) { $0.groupSize = 48 }, "32, 64 or 128"),
            (options(.int8Static), "int8-static takes ranges"),
            (options(.f32) { $0.calibration = CalibrationCalls(calls) }, "calibration rounds weights; give"),
            (options(.int8) { $0.calibration = CalibrationCalls([]) }, "has no calls"),
            (
                options(.int8) {
                    $0.calibration = CalibrationCalls(calls)
                    $0.pipeline = .none
                }, "needs the clean pipeline"
            ),
            (options(.int8) { $0.calibration = CalibrationCalls([CalibrationCalls.Call("sing", [:])]) }, "calls 'sing'"),
            (options(.int8) { $0.overrides = [CompileOptions.Override("encodr.0", .f32)] }, "no layer is called so"),
            (options(.int8) { $0.overrides = [CompileOptions.Override("*norm1", .f32)] }, "has no weights to round"),
            (options(.int8) { $0.disabledRules = ["fuse-everything"] }, "fuse-everything"),
        ]
        for (options, words) in wrong {
            let error = #expect(throws: TesseraError.self) { try model.compiled(options) }
            #expect(error?.category == .usage && error?.message.contains(words) == true, "\(words): \(String(describing: error))")
        }
    }
}
