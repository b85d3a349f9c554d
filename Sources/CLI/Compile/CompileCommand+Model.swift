import Artifact
import Calibration
import Compilation
import Formats
import FourM
import FourMModels
import Hub
import IR
import Importers
import Inspect
import ONNXSessions
import Passes

extension CompileCommand {
    /// Compiles one model.
    func compileOne(_ options: PassOptions) throws -> CompileReport {
        try FlagName.checkFile("--output", output)
        if let artifact = try model.artifact() { return try repack(artifact) }
        let source = try source()
        let module = function.isEmpty ? source.kept : try source.kept.selecting(function)
        try compute.policy.requireFits([module], calibrated: !rounding.calibrate.isEmpty)
        try LargestSizes.check(largest, [module], of: "model '\(module.name)'")
        let calls = try calls(module)
        let made = try compiler(options).compile(module, of: source.whole, files: source.files, calls: calls, to: output)
        return CompileReport([made], precision: compute.policy.description, target.set)
    }

    /// The module, what `--keep` leaves of it, and the files that hold it.
    private func source() throws -> (whole: Module, kept: Module, files: [String]) {
        if let file = try model.onnxFile() {
            if !keep.isEmpty { throw Refusal.usage("--keep is for 4M models; of an ONNX model, all is needed") }
            let opened = try ModelArgument.symbolic(onnx: file, bind, inputs: inputs)
            return (opened.module, opened.module, opened.files)
        }
        if let flag = bind.first {
            throw Refusal.usage("--bind \(flag.name)=\(flag.size) is for ONNX models; a checkpoint's sizes stay open")
        }
        if inputs != nil { throw Refusal.usage("--inputs is for ONNX models; a checkpoint's structure is its own") }
        if try model.textFile() != nil {
            if !keep.isEmpty {
                throw Refusal.usage("--keep is for checkpoints; \(model.model) is text of the IR: --function names what is needed")
            }
            let opened = try model.open()
            return (opened.module, opened.module, opened.files)
        }
        let checkpoint = try model.checkpoint()
        let whole = try model.imported(checkpoint)
        if keep.isEmpty { return (whole, whole, checkpoint.files) }
        return (whole, try FourMImporter.importModel(checkpoint, scope: paths(whole).scope), checkpoint.files)
    }

    /// What `--keep` asks for of a 4M model.
    private func paths(_ module: Module) throws -> KeptPaths {
        guard module.metadata["family"] == .string(FourMImporter.transformerFamily) else {
            throw Refusal.usage(
                "--keep is for 4M models; \(model.model) is none (--part keeps half of a tokenizer, --function single functions)")
        }
        return try KeptPaths(keep, known: Array(ModelModality.read(module).values))
    }

    private func calls(_ module: Module) throws -> [CallRecorder.Call] {
        guard let calibration = rounding.calibration else { return [] }
        if let file = try model.onnxFile() { return try calibration.calls(of: ONNXSession(ONNXModel(path: file))).map { try $0.read() } }
        guard calibration.holdsSamples else { return try calibration.calls(of: module).map { try $0.read() } }
        let rehearsal = Rehearsal(data: calibration)
        guard module.metadata["family"] == .string(FourMImporter.transformerFamily) else { return try rehearsal.calls(ofTokenizer: module) }
        if let flag = model.given { throw Refusal.usage("\(flag) does not go with pictures for --calibrate; give recorded inputs") }
        let path = try ModelLocation.find(model.model).path
        return try rehearsal.calls(of: FourM.Bundle(model: path)).values.first ?? []
    }

    /// A compiled model, for ``target``.
    private func repack(_ artifact: Artifact) throws -> CompileReport {
        try refuseWhatIsDecided()
        let whole = artifact.packed.module
        let part = try keep.isEmpty ? whole : paths(whole).narrowed(whole)
        let kept = try function.isEmpty ? part : part.selecting(function)
        try LargestSizes.check(largest, [kept], of: "model '\(kept.name)'")
        let made = try compiler(PassOptions()).repack(artifact, keeping: kept, to: output)
        return CompileReport([made], precision: artifact.provenance.precision, target.set)
    }

    /// - Throws: `TesseraError` for flags that say how a checkpoint is to be compiled.
    func refuseWhatIsDecided() throws {
        let flags = [
            ("--bind", !bind.isEmpty), ("--inputs", inputs != nil), ("--calibrate", !rounding.calibrate.isEmpty),
            ("--report", rounding.report != nil),
        ]
        guard let flag = rules.given ?? compute.given.first ?? flags.first(where: \.1)?.0 else { return }
        throw Refusal.usage(
            "\(flag): \(model.model) is compiled already, and only packed for another --target or cut down by --keep and --function; give the "
                + "model that it was compiled from")
    }
}
