import Formats
import Foundation
import FourM
import FourMSampling
import Importers
import Inspect
import Media

/// Where what each step wrote goes: JSON lines, pictures into a folder, or both.
package struct StreamOutput {
    package private(set) var writesJSON = false
    package private(set) var folder: URL?

    package init() {}

    /// - Throws: ``WorkError`` for two folders, or an empty name.
    package init(_ arguments: [String]) throws {
        for argument in arguments {
            if argument == "json" {
                writesJSON = true
            } else if argument.isEmpty || folder != nil {
                throw WorkError("steps are told as json, as pictures in one folder, or both; not '\(argument)'")
            } else {
                folder = URL(fileURLWithPath: argument)
            }
        }
    }

    package var isActive: Bool { writesJSON || folder != nil }

    /// One line of the stream: the event's own fields, if there is one, and these.
    private struct Line: Encodable {
        var event: String?
        let folder: String
        var file: String?
        var body: GenerationEvent?
        var sample: Int?
        var variation: Int?
        var error: String?

        private enum CodingKeys: String, CodingKey { case event, folder, file, sample, variation, error }

        func encode(to encoder: any Encoder) throws {
            try body?.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(event, forKey: .event)
            try container.encode(folder, forKey: .folder)
            try container.encodeIfPresent(file, forKey: .file)
            try container.encodeIfPresent(sample, forKey: .sample)
            try container.encodeIfPresent(variation, forKey: .variation)
            try container.encodeIfPresent(error, forKey: .error)
        }
    }

    /// A step of the sample whose files go to `name` below the output.
    package func write(_ event: GenerationEvent, name: String, _ tell: (String) -> Void) throws {
        var file: String?
        if let folder, let picture = event.picture {
            let own = name.isEmpty ? folder : folder.appendingPathComponent(name)
            try Folders.make(own.path)
            let digits = max(String(event.steps).count, 2)
            let number = event.kind.rawValue + String(format: "%0\(digits)d", event.step)
            let path = own.appendingPathComponent("\(event.target).\(number).png").path
            try picture.writePNG(to: path)
            file = path
        }
        if writesJSON { try line(Line(folder: name, file: file, body: event), tell) }
    }

    /// A sample's files are all there.
    package func written(_ key: SampleKey, name: String, result: String, _ tell: (String) -> Void) throws {
        guard writesJSON else { return }
        try line(Line(event: "written", folder: name, file: result, sample: key.sample, variation: key.variation), tell)
    }

    /// A sample's inputs cannot be used.
    func skipped(_ sample: SkippedSample, _ tell: (String) -> Void) throws {
        guard writesJSON else { return }
        try line(Line(event: "skipped", folder: sample.folder ?? "", sample: sample.sample, error: sample.error), tell)
    }

    private func line(_ line: Line, _ tell: (String) -> Void) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        tell(String(decoding: try encoder.encode(line), as: UTF8.self))
    }
}
