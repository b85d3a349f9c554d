import Formats
import Foundation
import FourMModels
import IR
import Importers
import Runtime

/// Tied tensors of which the file stores one; its metadata say under which name.
enum AliasRunner: CaseRunner {
    static let kinds = ["checkpoint_alias"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let path = golden.file("model.safetensors").path
        let outputs = try golden.outputs()
        let stored = try SafeTensorsFile(path: path).byName
        for name in try golden.parameters.texts("missing") {
            report.check(stored[name] == nil, "\(name): the file stores it, so there is nothing to resolve")
        }
        let checkpoint = try Checkpoint.open(path)
        let aliases = try golden.parameters.section("metadata_aliases") as? [String: String]
        report.check(checkpoint.aliases == aliases, "aliases are \(checkpoint.aliases)")
        for name in outputs.keys.sorted() { report.compare(name, try checkpoint.tensor(name).tensor, outputs[name]) }
        _ = try FourMModel(golden.plan())
        report.requireAll(outputs)
    }
}

/// Damaged files, which must end in an error that names the file, and unusual ones, which must load.
enum CorruptRunner: CaseRunner {
    static let kinds = ["checkpoint_corrupt"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let base = try GoldenCase(folder: golden.shared(golden.parameters.text("base")))
        let (image, outputs) = (try base.inputs().needed("in"), try base.outputs())
        for item in try golden.parameters.sections("files") {
            let name = try item.text("file")
            // The official reader takes a config.json only beside `model.safetensors`, this one beside every file.
            if try item.text("expected") == "ok" || name == "no_metadata.safetensors" {
                try load(golden.plan(name), name, image, outputs, &report)
            } else {
                checkRefused(golden, name, note: item["note"] as? String ?? "", &report)
            }
        }
        let explicit = try Checkpoint.open(golden.file("no_metadata.safetensors").path, config: golden.file("config.json").path)
        let plan = try Plan(ModelLoader.cleaned(FourMImporter.importModel(explicit)))
        try report.compare(Session(plan), image, outputs)
    }

    private static func load(
        _ plan: Plan, _ name: String, _ image: Tensor, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let session = Session(plan)
        guard name == "nan_weights.safetensors" else { return try report.compare(session, image, outputs) }
        let latents = try session.tokenize(image).needed("latents").doubles
        report.check(!latents.isEmpty && latents.allSatisfy(\.isNaN), "\(name): latents are not all NaN")
    }

    private static func checkRefused(_ golden: GoldenCase, _ name: String, note: String, _ report: inout CaseReport) {
        do {
            _ = try ModelLoader.read(golden.file(name).path)
            report.check(false, "\(name): loads, though it should not (\(note))")
        } catch {
            let isTyped = error is CheckpointError || error is ImportError
            report.check(isTyped, "\(name): \(type(of: error)) is no error of the loader: \(error)")
            let text = "\(error)"
            report.check(text.contains(name), "\(name): the error does not name the file: \(text)")
            // Notes that ask to name a tensor name it themselves, with dots.
            for tensor in note.split(separator: " ") where note.contains("(name") && tensor.contains(".") {
                report.check(text.contains(tensor), "\(name): the error does not name \(tensor): \(text)")
            }
        }
    }
}

/// Checkpoints of `torch.save`.
enum PickleRunner: CaseRunner {
    static let kinds = ["checkpoint_pth"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let session = Session(try golden.plan(golden.parameters.text("file")))
        try report.compare(session, try golden.inputs().needed("in"), try golden.outputs())
    }
}
