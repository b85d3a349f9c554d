import Files
import Formats
import Foundation
import FourMCodecs
import FourMSettings
import IR
import Media

/// Writes a generation into a folder: what was given as the model saw it, for each target the picture, raw values, tokens and text, and a
/// contact sheet.
package struct ResultWriter {
    /// Title of contact sheets.
    package var title = ""

    package init() {}

    /// What `result.json` says of one target.
    package struct TargetRecord: Codable, Sendable {
        package var modality: String
        package var files: [String: String] = [:]
        /// Smallest and largest raw value: what 0 and 65535 of a 16-bit depth picture stand for.
        package var range: [Float]?
        package var text: String?
        /// The text in a form for people, and what a page says below the picture.
        package var summary: String?
        package var footer: String?
        /// What the picture's colours mean.
        package var key: KeyRecord?
        package var boxes: [BoxRecord]?
        package var warnings: [String] = []
    }

    /// What `result.json` says of one given modality: the file of its picture, or its text.
    package struct GivenRecord: Codable, Sendable {
        package var modality: String
        package var picture: String?
        package var text: String?
        /// As of targets.
        package var summary: String?
        package var footer: String?
        package var key: KeyRecord?
    }

    /// Classes with their colours (#rrggbb), or what the ends of a colour scale stand for.
    package struct KeyRecord: Codable, Sendable, Equatable {
        package struct Class: Codable, Sendable, Equatable {
            package var name: String
            package var color: String
        }

        package var classes: [Class]?
        package var low: String?
        package var high: String?
    }

    /// A box in fractions of width and height.
    package struct BoxRecord: Codable, Sendable {
        package var xmin: Double
        package var ymin: Double
        package var xmax: Double
        package var ymax: Double
        package var label: String
    }

    /// What `result.json` holds.
    package struct Record: Codable, Sendable {
        package var bundle: String
        package var inputs: [String: String]
        package var settings: GenerationSettings
        package var seed: UInt64
        package var threads: Int
        /// What was given, as the model saw it.
        package var given: [GivenRecord]?
        package var targets: [TargetRecord]
        package var timings: GenerationTimings
        package var contactSheet: String?
        /// Number of the sample, and of its variation.
        package var sample: Int?
        package var variation: Int?
        /// Folder of the sample below the output; empty for the output itself.
        package var folder: String?
        /// Weighted conditions beside the inputs, and the weight of finished targets.
        package var conditions: [WeightedCondition]?
        package var finishedWeight: Double?
        package var superResolution: GenerationSettings?
        package var samPasses: Int?
        /// Masks of inputs by modality.
        package var masks: [String: String]?
        /// What else decides the result: precision, decoders, the order of targets.
        package var options: [String: String]?
        /// What a list of prompts says of this one.
        package var notes: [String: String]?

        package init(
            bundle: String, inputs: [String: String], settings: GenerationSettings, seed: UInt64, threads: Int, targets: [TargetRecord],
            timings: GenerationTimings, contactSheet: String?
        ) {
            self.bundle = bundle
            self.inputs = inputs
            self.settings = settings
            self.seed = seed
            self.threads = threads
            self.targets = targets
            self.timings = timings
            self.contactSheet = contactSheet
        }
    }

    /// Names of the files that ``write(_:to:)`` and ``writeGiven(_:to:)`` may write for `result`, and of its sheet.
    package static func names(_ result: GenerationResult) -> [String] {
        let given = Dictionary(grouping: result.inputPictures.map(\.modality) + result.inputTexts.map(\.modality)) { $0 }
        let pictures = given.flatMap { modality, all in all.indices.map { givenName(modality, before: $0) } }
        let targets = result.targets.flatMap { target in Kind.allCases.map { target.modality + $0.suffix } }
        return Set(pictures + targets).sorted() + ["sheet.png"]
    }

    private static func givenName(_ modality: String, before: Int) -> String {
        modality + ".given\(before == 0 ? "" : "\(before + 1)").png"
    }

    /// What is written of a target.
    private enum Kind: String, CaseIterable {
        case tokens, values, picture, depth16, labels, json, text

        /// Behind the modality in the file's name.
        var suffix: String {
            switch self {
            case .tokens: ".tokens.npy"
            case .values: ".npy"
            case .picture: ".png"
            case .depth16: ".16bit.png"
            case .labels: ".labels.png"
            case .json: ".json"
            case .text: ".txt"
            }
        }
    }

    /// Writes the files of `result` into `folder` and gives the records of its targets.
    package func write(_ result: GenerationResult, to folder: URL) throws -> [TargetRecord] {
        try Folders.make(folder.path)
        return try result.targets.map { try write($0, result, folder) }
    }

    /// Writes the given pictures of `result` into `folder` and gives the records of all that was given.
    package func writeGiven(_ result: GenerationResult, to folder: URL) throws -> [GivenRecord] {
        try Folders.make(folder.path)
        var records: [GivenRecord] = []
        func write(_ picture: ByteImage, of modality: String) throws -> String {
            let before = records.filter { $0.modality == modality }.count
            let name = ResultWriter.givenName(modality, before: before)
            try picture.writePNG(to: folder.appendingPathComponent(name).path)
            return name
        }
        for (modality, picture, key) in result.inputPictures {
            let name = try write(picture, of: modality)
            records.append(GivenRecord(modality: modality, picture: name, key: key.map(KeyRecord.init)))
        }
        let photo = result.inputPictures.first { $0.modality.contains("rgb") }?.picture
        for given in result.inputTexts {
            var record = GivenRecord(modality: given.modality, text: given.text)
            if let picture = try given.picture(on: photo) {
                record.picture = try write(picture, of: given.modality)
            }
            (record.summary, record.footer) = (given.form.summary, given.form.footer.isEmpty ? nil : given.form.footer)
            records.append(record)
        }
        return records
    }

    private func write(_ target: DecodedTarget, _ result: GenerationResult, _ folder: URL) throws -> TargetRecord {
        var record = TargetRecord(modality: target.modality)
        func path(_ kind: Kind) -> String {
            let name = target.modality + kind.suffix
            record.files[kind.rawValue] = name
            return folder.appendingPathComponent(name).path
        }
        let shape = target.grid.map { [$0.rows, $0.columns] } ?? [target.tokens.count]
        try NumpyFile.write(Tensor(integers: target.tokens, shape, as: .i64), to: path(.tokens))
        if let values = target.values { try NumpyFile.write(values, to: path(.values)) }
        if let picture = try ResultWriter.picture(target, result) {
            try picture.writePNG(to: path(.picture))
        }
        if let depth = target.depth16, let values = target.values?.floats.filter(\.isFinite) {
            try depth.writePNG(to: path(.depth16))
            record.range = [values.min() ?? 0, values.max() ?? 0]
        }
        if let labels = target.labels { try labels.writePNG(to: path(.labels)) }
        if let json = target.json { try OutputFile.write(json + "\n", to: path(.json)) }
        if let text = target.text { try OutputFile.write(text + "\n", to: path(.text)) }
        record.text = target.text
        record.summary = target.summary
        record.footer = target.footer.isEmpty ? nil : target.footer
        record.key = target.key.map(KeyRecord.init)
        record.boxes = target.boxes?.boxes.map { BoxRecord(xmin: $0.xMin, ymin: $0.yMin, xmax: $0.xMax, ymax: $0.yMax, label: $0.label) }
        record.warnings = target.warnings
        return record
    }

    /// A target's own picture, or what it says of the photo drawn over the given or the generated one.
    /// - Throws: `MediaError` where cairo is not there.
    package static func picture(_ target: DecodedTarget, _ result: GenerationResult) throws -> ByteImage? {
        guard let overlay = target.overlay else { return target.picture }
        return try overlay.drawn(on: photo(result))
    }

    /// What is known of the sample's photo: the given one, or the generated one.
    static func photo(_ result: GenerationResult) -> ByteImage? {
        let made = result.targets.map(\.modality)
        return result.inputPictures.first { $0.modality.contains("rgb") && !made.contains($0.modality) }?.picture
            ?? result.targets.first { $0.modality.hasPrefix("tok_rgb") }?.picture
    }
}

/// Titles of modalities for people.
package enum ModalityNames {
    /// Of a size that the table does not have, the title of another size with the size after it.
    package static func title(_ modality: String) -> String {
        let table = ModalityTable.standard
        if let known = table[modality]?.title { return known }
        let base = ModalityInfo.baseName(of: modality)
        let size = modality.dropFirst(base.count + 1)
        let title = table.modalities.first { $0.baseName == base }?.title
        return title.map { size.isEmpty ? $0 : "\($0) at \(size)" } ?? modality
    }
}
