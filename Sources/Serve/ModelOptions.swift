import ArgumentParser
import Foundation
import Logging
import ServerTraces
import Serving
import Tessera

/// What is served, and how it is run.
struct ModelOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Models to serve.", valueName: "[NAME=]MODEL"))
    var paths: [String] = []

    @Option(name: .customLong("models"), help: ArgumentHelp("Serve the models of a folder, and what is put there later.", valueName: "DIR"))
    var folder: String?

    @Option(help: ArgumentHelp("Threads of each session.", valueName: "N")) var threads: Int?
    @Option(help: ArgumentHelp("Sessions of each model, side by side.", valueName: "N")) var sessions = 1
    @Option(help: ArgumentHelp("Precision that weights are rounded to.", valueName: "NAME")) var precision: String?
    @Option(help: ArgumentHelp("Most rows computed together.", valueName: "N")) var maxBatch = 8
    @Option(help: ArgumentHelp("How long the first request of a batch waits for others, in milliseconds.", valueName: "MS")) var maxDelay =
        0.0
    @Option(help: ArgumentHelp("auto, off or always: whether requests are computed together.", valueName: "WHEN")) var batching = "auto"
    @Option(help: ArgumentHelp("Most requests of a model that wait.", valueName: "N")) var queue = 128
    @Option(help: ArgumentHelp("Most memory of all models, in megabytes; those used least recently make room.", valueName: "MB"))
    var memory: Int?
    @Option(help: ArgumentHelp("How often files are looked at for changes, in seconds; 0 for never.", valueName: "SECONDS")) var poll = 2.0

    /// Names of the models given one by one.
    var names: [String] { paths.map { ModelOptions.split($0).name } }

    /// - Throws: `ValidationError` naming the option.
    func check() throws {
        if paths.isEmpty, folder == nil { throw ValidationError("name a model or a folder of models (--models)") }
        let all = names
        if let twice = all.first(where: { name in all.count(where: { $0 == name }) > 1 }) {
            throw ValidationError("two models are called '\(twice)'; name one of them: NAME=\(twice)")
        }
        let counts = [("--max-batch", maxBatch, 1 << 30), ("--queue", queue, 1 << 30), ("--memory", memory ?? 1, 1 << 30)]
        // Each is a thread, or asks for some.
        for (name, value, most) in counts + [("--sessions", sessions, 1024), ("--threads", threads ?? 1, 1024)]
        where !(1...most).contains(value) {
            throw ValidationError("\(name) must be from 1 to \(most)")
        }
        for (name, value) in [("--max-delay", maxDelay), ("--poll", poll)] where !(0...86_400_000).contains(value) {
            throw ValidationError("\(name) must be 0 or more")
        }
        if ModelSettings.Batching(rawValue: batching) == nil { throw ValidationError("--batching is auto, off or always") }
        if let precision, CompileOptions.Precision(rawValue: precision) == nil {
            throw ValidationError("there is no --precision '\(precision)'")
        }
    }

    /// The repository that the options describe; what happens to its models goes to `logger` and `spans`.
    func configuration(_ logger: Logger, _ spans: LoadSpans?) throws -> RepositoryConfiguration {
        if let folder {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw TesseraError(.notFound, "--models: there is no folder '\(folder)'", file: folder)
            }
        }
        var made = RepositoryConfiguration()
        made.models = paths.map { ModelOptions.split($0) }.map { ModelConfiguration($0.name, path: $0.path) }
        (made.folder, made.settings) = (folder, settings)
        made.memoryBudget = memory.map { $0 << 20 }
        made.pollInterval = poll > 0 ? .seconds(poll) : nil
        made.log = { event in
            logger.log(level: event.kind == .failed ? .error : .info, "\(event.description)")
            spans?.note(event)
        }
        return made
    }

    private var settings: ModelSettings {
        var settings = ModelSettings()
        (settings.sessions, settings.threads, settings.maxBatch, settings.maxQueue) = (sessions, threads, maxBatch, queue)
        settings.maxDelay = .milliseconds(maxDelay)
        settings.batching = ModelSettings.Batching(rawValue: batching) ?? .automatic
        if let precision = precision.flatMap({ CompileOptions.Precision(rawValue: $0) }) { settings.options.precision = precision }
        return settings
    }

    /// `NAME=PATH`, or a path whose last part without its ending is the name.
    private static func split(_ text: String) -> (name: String, path: String) {
        if let sign = text.firstIndex(of: "="), sign > text.startIndex, !text[..<sign].contains("/") {
            return (String(text[..<sign]), String(text[text.index(after: sign)...]))
        }
        return (ModelConfiguration.name(of: text), text)
    }
}
