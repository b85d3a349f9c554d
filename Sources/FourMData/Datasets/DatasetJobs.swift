import Files
import Formats
import Foundation
import FourMCodecs
import FourMSettings
import IR

/// One thing that the pipeline carries from the source of samples to the writer.
enum DatasetJob: Sendable {
    case sample(SampleJob)
    /// A unit that is passed over, or one sample of it.
    case problem(SkippedSample)
    case endOfShard(ShardEnd)
}

/// A shard whose samples have all been given.
struct ShardEnd: Sendable {
    let unit: DatasetPlan.Unit
    let crops: Crops

    /// What becomes of the crop settings that were drawn.
    enum Crops: Sendable {
        /// None were.
        case none
        /// They are the shard's.
        case new
        /// They go behind those that are there.
        case behind([TarArchive.Entry])
    }
}

/// A sample that is still bytes.
struct SampleJob: Sendable {
    enum Source: Sendable {
        case file(String)
        case member(ByteSlice, name: String)

        /// For messages.
        var name: String {
            switch self {
            case .file(let path): path
            case .member(_, let name): name
            }
        }

        /// - Throws: `CheckpointError` for a file that is missing or empty.
        func bytes() throws -> ByteSlice {
            switch self {
            case .file(let path): ByteSlice(try MappedFile.open(path))
            case .member(let slice, _): slice
            }
        }
    }

    enum Crops: Sendable {
        /// Features are not cropped.
        case none
        /// In this file, which is made if it is missing.
        case file(String)
        case saved(Source)
        /// Drawn now; the shard's end writes them.
        case drawn
        case missing(String)
    }

    let unit: DatasetPlan.Unit
    /// Name of the sample in its shard, or path of the file without extension.
    let key: String
    /// Seeds crops.
    let cropKey: String
    let source: Source
    let mask: Source?
    let crops: Crops
    /// Share of the run that is done with this sample, 0 to 1.
    let fraction: Double
}

/// A sample or shard that was passed over.
package struct SkippedSample: Sendable, Hashable {
    /// The file or shard, below the modality's folder.
    package let unit: String
    /// The sample in the shard; empty for a whole unit.
    package let sample: String
    package let reason: String

    init(unit: String, sample: String = "", reason: String) {
        (self.unit, self.sample, self.reason) = (unit, sample, reason)
    }

    /// What went wrong, without the `name` that the message may begin with.
    init(_ job: SampleJob, _ error: any Error) {
        let text = "\(error)"
        let start = job.source.name + ": "
        self.init(
            unit: job.unit.path, sample: job.unit.isShard ? job.key : "",
            reason: text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text)
    }
}

/// Gives the jobs of a plan, in its order; opens a shard when it is reached. Used by one thread at a time.
final class DatasetFeed: @unchecked Sendable {
    private let settings: DatasetSettings
    private let plan: DatasetPlan
    private var next = 0
    private var shard: OpenShard?

    /// A shard that is being given, with the shards of crop settings and masks that go with it.
    private struct OpenShard {
        let unit: DatasetPlan.Unit
        /// Place of the unit in the plan.
        let index: Int
        let path: String
        let members: ShardMembers
        /// Saved crop settings by key; nil where there are none.
        let crops: [String: TarArchive.Entry]?
        let masks: [String: TarArchive.Entry]?
        var position = 0
        /// Problems told so far.
        var told = 0
    }

    init(_ settings: DatasetSettings, _ plan: DatasetPlan) {
        self.settings = settings
        self.plan = plan
    }

    private var isCropped: Bool { settings.modality.files != .features }

    func job() -> DatasetJob? {
        if let job = nextOfShard() { return job }
        guard next < plan.units.count else { return nil }
        let unit = plan.units[next]
        next += 1
        if let problem = unit.problem { return .problem(SkippedSample(unit: unit.path, reason: problem)) }
        guard plan.layout == .shards else { return .sample(file(unit)) }
        do {
            shard = try open(unit)
        } catch {
            return .problem(SkippedSample(unit: unit.path, reason: DatasetFeed.reason(error, unit, settings)))
        }
        return nextOfShard()
    }

    private func file(_ unit: DatasetPlan.Unit) -> SampleJob {
        func path(_ folder: String, _ suffix: String) -> String { FilePath.join(folder, unit.key) + suffix }
        return SampleJob(
            unit: unit, key: unit.key, cropKey: unit.key, source: .file(FilePath.join(settings.inputPath, unit.path)),
            mask: settings.maskValue == nil ? nil : .file(path(settings.maskPath, ".png")),
            crops: isCropped ? .file(path(settings.cropPath, ".npy")) : .none, fraction: Double(next) / Double(plan.units.count))
    }

    private func open(_ unit: DatasetPlan.Unit) throws -> OpenShard {
        let path = FilePath.join(settings.inputPath, unit.path)
        let archive = try TarArchive(path: path)
        let members = ShardMembers(archive, settings.modality.files)
        guard !members.samples.isEmpty || !members.problems.isEmpty else {
            throw FourMError(archive.entries.isEmpty ? "holds no files at all" : "holds no files of this modality")
        }
        let cropPath = FilePath.join(settings.cropPath, unit.path)
        let hasCrops = isCropped && FilePath.exists(cropPath)
        if isCropped, settings.requiresCrops, !hasCrops { throw FourMError("there are no crop settings \(cropPath)") }
        return OpenShard(
            unit: unit, index: next - 1, path: path, members: members, crops: hasCrops ? try entries(cropPath, ["npy"]) : nil,
            masks: settings.maskValue == nil ? nil : try entries(FilePath.join(settings.maskPath, unit.path), SampleName.pictures))
    }

    /// What is wrong with the shard, without the path that the message may begin with.
    private static func reason(_ error: any Error, _ unit: DatasetPlan.Unit, _ settings: DatasetSettings) -> String {
        let (text, start) = ("\(error)", FilePath.join(settings.inputPath, unit.path) + ": ")
        return text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text
    }

    private func entries(_ path: String, _ suffixes: Set<String>) throws -> [String: TarArchive.Entry] {
        let samples = ShardMembers(try TarArchive(path: path), suffixes).samples
        return Dictionary(samples.map { ($0.key, $0.entry) }) { first, _ in first }
    }

    private func nextOfShard() -> DatasetJob? {
        guard let open = shard else { return nil }
        if open.told < open.members.problems.count {
            shard?.told += 1
            let problem = open.members.problems[open.told]
            return .problem(SkippedSample(unit: open.unit.path, sample: problem.sample, reason: problem.reason))
        }
        guard open.position < open.members.samples.count else {
            shard = nil
            return .endOfShard(ShardEnd(unit: open.unit, crops: drawn(open)))
        }
        shard?.position += 1
        let sample = open.members.samples[open.position]
        let given = Double(open.position + 1) / Double(open.members.samples.count)
        return .sample(
            SampleJob(
                unit: open.unit, key: sample.key, cropKey: open.unit.key + "/" + sample.key, source: member(sample.entry, open.path),
                mask: open.masks.map { mask(sample.key, $0, open.unit) }, crops: crops(sample.key, open),
                fraction: (Double(open.index) + given) / Double(plan.units.count)))
    }

    private func member(_ entry: TarArchive.Entry, _ path: String) -> SampleJob.Source {
        .member(entry.content, name: "\(path)(\(entry.name))")
    }

    /// A missing mask is a file that is not there, so that reading it says so.
    private func mask(_ key: String, _ masks: [String: TarArchive.Entry], _ unit: DatasetPlan.Unit) -> SampleJob.Source {
        let path = FilePath.join(settings.maskPath, unit.path)
        return masks[key].map { member($0, path) } ?? .file("\(path)(\(key))")
    }

    private func drawn(_ open: OpenShard) -> ShardEnd.Crops {
        guard isCropped else { return .none }
        guard let saved = open.crops else { return .new }
        return open.unit.retried.isEmpty ? .none : .behind(saved.values.sorted { $0.name < $1.name })
    }

    private func crops(_ key: String, _ open: OpenShard) -> SampleJob.Crops {
        guard isCropped else { return .none }
        guard let saved = open.crops else { return .drawn }
        // It was left out of these settings because it could not be read then.
        if saved[key] == nil, open.unit.retried.contains(key), !settings.requiresCrops { return .drawn }
        let path = FilePath.join(settings.cropPath, open.unit.path)
        return saved[key].map { .saved(member($0, path)) } ?? .missing("\(path) has no crop settings of this sample")
    }
}
