import Files
import Formats
import Foundation
import FourM
import FourMSampling
import Inspect
import Media
import Runtime

/// The folders and records of one ``GenerateJob``, which are written as samples get finished.
package struct JobRun {
    let listener: any JobListener
    package let task: GenerateJob.Task
    package let inputs: GenerateInputs
    package let request: GenerationRequest
    package let folders: SampleFolders
    /// What all records have in common.
    package var frame: ResultWriter.Record
    package var writer = ResultWriter()
    private let count: Int
    private var records: [SampleKey: ResultWriter.Record] = [:]
    /// What the first result takes the place of.
    private var overwritten: EarlierResults?
    private var faults: [Int: SkippedSample] = [:]
    /// Samples that were there before.
    package private(set) var finished: Set<SampleKey> = []

    /// Most samples on a sheet.
    private static let sheetRows = 32

    package init(
        listener: any JobListener, task: GenerateJob.Task, inputs: GenerateInputs, request: GenerationRequest, frame: ResultWriter.Record,
        count: Int
    ) {
        var frame = frame
        frame.conditions = request.conditions.isEmpty ? nil : request.conditions
        frame.finishedWeight = request.conditions.isEmpty ? nil : request.finishedWeight
        frame.samPasses = request.samPasses > 1 ? request.samPasses : nil
        self.listener = listener
        self.task = task
        self.inputs = inputs
        self.request = request
        self.frame = frame
        self.count = count
        folders = SampleFolders(inputs, variations: request.variations, output: task.output)
    }

    private var all: [SampleKey] {
        (0..<count).flatMap { sample in (0..<request.variations).map { SampleKey(sample: sample, variation: $0) } }
    }

    /// Records by sample and variation.
    package var sortedRecords: [ResultWriter.Record] { all.compactMap { records[$0] } }

    /// Samples still to be made.
    package var pending: Int { count * request.variations - finished.count }

    /// Samples whose inputs cannot be used, and files without a partner.
    package var skipped: [SkippedSample] { faults.sorted { $0.key < $1.key }.map(\.value) + inputs.unpaired }

    /// Notes that the inputs of `sample` cannot be used.
    package mutating func skip(_ sample: Int, _ error: any Error) throws {
        if faults[sample] != nil { return }
        let fault = SkippedSample(sample: sample, folder: folders.name(ofSample: sample), inputs: inputs.given(sample), error: "\(error)")
        faults[sample] = fault
        try task.stream.skipped(fault, listener.line)
    }

    /// Makes sure that results of another run do not mix with those of this one. Those that the task overwrites go when there is a new one.
    /// - Throws: ``WorkError`` naming what is there.
    package mutating func checkEarlier() throws {
        let earlier = EarlierResults(in: task.output)
        if task.overwrites {
            overwritten = earlier
        } else {
            try earlier.check(folders.allNames, resumes: task.resumes)
        }
    }

    /// Takes over the records of samples that are there already, if the task resumes an earlier one.
    /// - Throws: ``WorkError`` for a record of another generation.
    package mutating func findFinished() throws {
        guard task.resumes else { return }
        for key in all {
            let path = folders.folder(key).appendingPathComponent("result.json").path
            guard let data = try? Data(InputFile.bytes(path)) else { continue }
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            guard var found = try? decoder.decode(ResultWriter.Record.self, from: data) else { continue }
            if let difference = difference(found, record(key)) {
                throw WorkError(
                    "\(path) was made with \(difference); choose another output, or give --overwrite instead of --resume", .content)
            }
            try SampleMark.end(in: folders.folder(key).path)
            finished.insert(key)
            found.folder = folders.name(key)
            records[key] = found
        }
        if !finished.isEmpty { listener.note("\(finished.count) of \(all.count) samples are there already") }
    }

    private func difference(_ found: ResultWriter.Record, _ wanted: ResultWriter.Record) -> String? {
        if found.bundle != wanted.bundle { return "bundle \(found.bundle)" }
        if found.seed != wanted.seed { return "seed \(found.seed), not \(wanted.seed)" }
        if found.inputs != wanted.inputs { return "other inputs" }
        if found.masks != wanted.masks { return "other masks" }
        if found.conditions != wanted.conditions || found.finishedWeight != wanted.finishedWeight { return "other weighted conditions" }
        if found.settings != wanted.settings { return "other settings" }
        if found.superResolution != wanted.superResolution { return "other super-resolution settings" }
        if let options = found.options, options != wanted.options {
            let names = Set(options.keys).union(wanted.options?.keys.map { $0 } ?? []).filter { options[$0] != wanted.options?[$0] }
            return "other options (\(names.sorted().joined(separator: ", ")))"
        }
        return found.samPasses == wanted.samPasses ? nil : "another number of passes over sam_instance"
    }

    private func record(_ key: SampleKey) -> ResultWriter.Record {
        var record = frame
        record.inputs = inputs.given(key.sample)
        record.conditions = frame.conditions?.map {
            WeightedCondition(modality: $0.modality, values: [$0.value(key.sample)], weight: $0.weight)
        }
        record.sample = key.sample
        record.variation = key.variation
        record.folder = folders.name(key)
        if inputs.notes.indices.contains(key.sample), !inputs.notes[key.sample].isEmpty { record.notes = inputs.notes[key.sample] }
        return record
    }

    /// Writes a sample's files; `result.json` last, so that it says that all others are there. That of an earlier generation goes first, and
    /// a mark says meanwhile that something is missing.
    package mutating func write(_ result: GenerationResult) throws {
        try TimeSpan.measure(.write, folders.name(result.key)) { try writeFiles(result) }
    }

    private mutating func writeFiles(_ result: GenerationResult) throws {
        try overwritten?.remove()
        overwritten = nil
        let folder = folders.folder(result.key)
        var record = record(result.key)
        let path = folder.appendingPathComponent("result.json").path
        try OutputFile.withdraw(path)
        try Folders.make(folder.path)
        try SampleMark.begin(ResultWriter.names(result), in: folder.path)
        record.given = try writer.writeGiven(result, to: folder)
        record.targets = try writer.write(result, to: folder)
        record.timings = result.timings
        try writeSheet([record], in: folder)
        try OutputFile.write(try IndentedJSON.text(record) + "\n", to: path)
        try SampleMark.end(in: folder.path)
        records[result.key] = record
        try task.stream.written(result.key, name: folders.name(result.key), result: path, listener.line)
        if request.variations > 1, folders.isList { try writeSheet(of: result.key.sample) }
    }

    /// One sheet for all variations of a sample, when the last of them is there.
    private func writeSheet(of sample: Int) throws {
        let own = (0..<request.variations).compactMap { records[SampleKey(sample: sample, variation: $0)] }
        if own.count == request.variations { try writeSheet(own, in: folders.sampleFolder(sample)) }
    }

    /// The sheet of all samples, those of earlier runs included, or of the first ones of many; and what was skipped, if anything.
    package func writeOverview() throws {
        let list = task.output.appendingPathComponent(SkippedSample.file).path
        if skipped.isEmpty {
            try OutputFile.withdraw(list)
        } else {
            try OutputFile.write(try IndentedJSON.text(skipped) + "\n", to: list)
        }
        if records.isEmpty { return }
        if folders.isList || all.count > 1 { try writeSheet(sortedRecords, in: task.output) }
    }

    private func writeSheet(_ records: [ResultWriter.Record], in folder: URL) throws {
        guard !records.isEmpty else { return }
        try TimeSpan.measure(.draw, "sheet.png") { try drawSheet(records, in: folder) }
    }

    private func drawSheet(_ records: [ResultWriter.Record], in folder: URL) throws {
        let first = Array(records.prefix(JobRun.sheetRows))
        let footer = records.count > first.count ? "the first \(first.count) of \(records.count)" : ""
        let sheet = try writer.contactSheet(first, in: task.output, footer: footer)
        try sheet.writePNG(to: folder.appendingPathComponent("sheet.png").path)
    }
}
