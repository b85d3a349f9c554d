import ArgumentParser
import Exporters
import Files
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import Passes

/// `tessera export`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a function of a model as an ONNX file.",
        discussion: """
            Standard operators only, so that ONNX Runtime, OpenVINO and Netron open it. Sizes that the function leaves open stay open, under \
            their names. Of the stage clean (default), fused operators take the forms that the operator set has for them \
            (LayerNormalization, Gelu from 20, Attention from 23, …); imported is what the checkpoint says, node by node, weights in \
            the types that they are stored in. Models of 2 GB and more keep their weights in FILE.data by themselves.

            Examples:
              tessera export fm.safetensors --function encode -o encode.onnx
              tessera export tok_rgb.safetensors --function tokenize --opset 17 -o tokenize.onnx
              tessera export fm.safetensors --function encode --stage imported --external-data -o encode.onnx
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function; may be left out if there is but one.", valueName: "name"))
    var function: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file.onnx"))
    var output: String

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Version of the operator set, 17 to 23; default 21.", valueName: "n"),
        transform: OptionValue.whole(ONNXExporter.opsets))
    var opset = ONNXExporter.defaultOpset

    @Option(help: "The stage to write.")
    var stage = Stage.clean

    @Flag(help: "Keep the weights in a second file, FILE.data.")
    var externalData = false

    @Flag(help: "Print JSON: the function, files, bytes and operators.")
    var json = false

    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Stage: String, ExpressibleByArgument, CaseIterable { case imported, clean }

    struct Report: Encodable {
        let model, function: String
        let opset, nodes: Int
        let files: [String: Int]
    }

    func validate() throws {
        if let flag = rules.given, stage == .imported {
            throw ValidationError("\(flag) needs --stage clean: no pipeline runs for --stage imported")
        }
        guard output.lowercased().hasSuffix(".onnx") else { throw ValidationError("--output \(output): the file must end in .onnx") }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(.f32, isPlanned: false)
        try FlagName.checkFile("--output", output)
        try model.requireSingleModel()
        let imported = try model.imported()
        let names = imported.entryPoints.map(\.name)
        guard let name = function ?? (names.count == 1 ? names.first : nil) else {
            throw Refusal.usage("missing expected argument '--function <name>'; the model has: \(names.joined(separator: ", "))")
        }
        let selected = try imported.selecting([name])
        let module = stage == .clean ? try ModelLoader.cleaned(selected, options) : selected
        let made = try ONNXExporter.export(module, function: name, opset: opset, version: RootCommand.configuration.version)
        try ONNXWriter.write(made, to: output, externalData: externalData)
        try report(made, name)
    }

    private func report(_ made: ONNXModel, _ name: String) throws {
        let files = [output, output + ".data"].filter(FileManager.default.fileExists)
        let sizes = files.map { ($0, (try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int) ?? 0) }
        let report = Report(
            model: model.model, function: name, opset: opset, nodes: made.graph.nodes.count,
            files: Dictionary(sizes, uniquingKeysWith: { first, _ in first }))
        if json { return try Output.writeJSON(report) }
        Output.table([], sizes.map { [$0.0, Human.bytes($0.1)] } + [["\(report.nodes) nodes", "opset \(opset)"]])
    }
}
