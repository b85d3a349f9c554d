import Calibration
import Files
import FourM
import FourMModels
import IR
import Passes

/// What models are given when they are run over the pictures and captions of `--calibrate`.
struct Rehearsal {
    let data: CalibrationData

    /// By what the bundle calls the file of each of its models.
    /// - Parameter superResolves: whether its super-resolution model is run too.
    func calls(of bundle: FourM.Bundle, superResolves: Bool = true) throws -> [String: [CallRecorder.Call]] {
        let loaded = LoadedBundle(bundle)
        var recorders: [String: CallRecorder] = [:]
        loaded.onRun = { source, function, inputs in
            if recorders[source] == nil { recorders[source] = CallRecorder() }
            recorders[source]?.record(function, inputs)
        }
        loaded.onLoad = { Terminal.note("loading \($0)") }
        let samples = try data.samples(for: loaded)
        let rehearsal = try BundleRehearsal(loaded, superResolves: superResolves)
        try forEach(samples) { try rehearsal.run($0, number: $1) }
        return recorders.mapValues(\.calls)
    }

    /// Of a tokenizer alone.
    /// - Throws: `TesseraError` if its name does not tell what pictures it takes, or it has no encoder.
    func calls(ofTokenizer module: Module) throws -> [CallRecorder.Call] {
        guard let modality = TokenizerRehearsal.modality(of: module.name) else {
            throw Refusal.usage(
                "\(data.flag): the name '\(module.name)' does not tell which modality this tokenizer is for; give the bundle that it is of, or "
                    + "recorded inputs of its functions")
        }
        let tokenizer = try TokenizerModel(ReadModel.imported(module).plan(precision: .f32))
        guard tokenizer.has("tokenize") else {
            throw Refusal.usage("\(data.flag): '\(module.name)' has no encoder for pictures; give recorded inputs of its functions")
        }
        let recorder = CallRecorder()
        recorder.listen(to: tokenizer.session)
        let pictures = try FlagName.named(data.flag) { try SampleFiles(data.places).all }.compactMap {
            $0.keeping(pictures: true, captions: false)
        }
        if pictures.isEmpty { throw Refusal.usage("\(data.flag): '\(module.name)' takes pictures, not captions") }
        try forEach(SampleFiles.spread(pictures, most: data.samples)) { sample, _ in
            if let picture = sample.picture { try TokenizerRehearsal.run(tokenizer, picture, of: modality) }
        }
        return recorder.calls
    }

    private func forEach(_ samples: [ModelSample], _ body: (ModelSample, Int) throws -> Void) throws {
        let bar = ProgressBar("looking at \(ModelSample.count(samples))")
        for (number, sample) in samples.enumerated() {
            bar.update(Double(number) / Double(samples.count), title: nil, detail: FilePath.name(of: sample.name))
            try body(sample, number)
        }
        bar.finish()
    }
}
