import ArgumentParser
import Foundation
import Logging
import OpenInference

/// What is logged, and how.
struct LogOptions: ParsableArguments {
    /// Forms of a line.
    enum Form: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(name: .customLong("log-format"), help: "Form of the lines of the log.") var form = Form.text
    @Flag(name: .customLong("quiet"), help: "Log warnings and errors alone.") var isQuiet = false

    var levels: LogSettings.Levels {
        var levels = LogSettings.Levels()
        levels.info = !isQuiet
        return levels
    }

    /// A logger to standard error, which `settings` govern, also those of the packages below.
    func start(_ settings: LogSettings) -> Logger {
        let form = form
        LoggingSystem.bootstrap { StreamLog(label: $0, form: form, settings: settings) }
        var logger = Logger(label: "tessera")
        logger.logLevel = .trace
        return logger
    }
}

/// Writes lines of the log to standard error.
struct StreamLog: LogHandler {
    let label: String
    let form: LogOptions.Form
    let settings: LogSettings
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    init(label: String, form: LogOptions.Form, settings: LogSettings) { (self.label, self.form, self.settings) = (label, form, settings) }

    func log(event: LogEvent) {
        guard isWanted(event.level) else { return }
        var values = metadata.merging(event.metadata ?? [:]) { _, own in own }
        // Its own number of hummingbird: requests have one that their clients know.
        values["hb.request.id"] = nil
        let time = LogTime.now
        let line: String
        switch form {
        case .text:
            let facts = values.sorted { $0.key < $1.key }.map { " \($0.key)=\(StreamLog.plain("\($0.value)"))" }.joined()
            line = "\(time) \(event.level.rawValue) \(label): \(StreamLog.plain("\(event.message)"))\(facts)\n"
        case .json:
            var fields = values.mapValues { "\($0)" }
            (fields["time"], fields["level"], fields["label"], fields["message"]) = (time, event.level.rawValue, label, "\(event.message)")
            line = ((try? JSONEncoder.lines.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
        }
        StandardError.write(line)
    }

    private func isWanted(_ level: Logger.Level) -> Bool {
        let levels = settings.levels
        switch level {
        case .trace, .debug: return levels.verbose > 0
        case .info, .notice: return levels.info
        case .warning: return levels.warning
        case .error, .critical: return levels.error
        }
    }

    /// One line, whatever clients sent.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }
}

extension JSONEncoder {
    fileprivate static var lines: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
