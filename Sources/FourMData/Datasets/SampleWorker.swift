import Files
import Formats
import Foundation
import FourMSettings
import IR
import Media

/// A sample that is ready for the model.
struct PreparedSample: Sendable {
    let job: SampleJob
    /// f32 [crops, channels, height, width] or i64 [crops, height, width].
    let input: Tensor
    /// nil for features.
    let crops: CropSettings?
}

/// What became of a job.
enum PreparedJob: Sendable {
    case sample(PreparedSample)
    case problem(SkippedSample)
    case endOfShard(ShardEnd)
    /// Nothing can be written, or the like: the run ends.
    case failure(any Error)
}

/// Decodes samples and settles their crops; used by several threads.
struct SampleWorker: Sendable {
    let preparation: SamplePreparation
    let settings: DatasetSettings

    func callAsFunction(_ job: DatasetJob) -> PreparedJob {
        switch job {
        case .problem(let skipped): return .problem(skipped)
        case .endOfShard(let end): return .endOfShard(end)
        case .sample(let sample):
            do {
                return .sample(try prepare(sample))
            } catch let error as CheckpointError where error.kind == .unwritable {
                return .failure(error)
            } catch {
                return .problem(SkippedSample(sample, error))
            }
        }
    }

    private func prepare(_ job: SampleJob) throws -> PreparedSample {
        let name = job.source.name
        let decoded = try preparation.decode(job.source.bytes(), name: name)
        let mask = try job.mask.map { try preparation.decodeMask($0.bytes(), name: $0.name) }
        guard let size = decoded.size else {
            return PreparedSample(job: job, input: try preparation.inputs(decoded, CropSettings([]), mask: nil, name: name), crops: nil)
        }
        let crops = try self.crops(job, size.width, size.height)
        if let wanted = settings.crops, crops.crops.count != wanted {
            throw FourMError("saved crop settings have \(crops.crops.count) crops, \(wanted) are asked for; leave --crops away to use them")
        }
        return PreparedSample(job: job, input: try preparation.inputs(decoded, crops, mask: mask, name: name), crops: crops)
    }

    private func crops(_ job: SampleJob, _ width: Int, _ height: Int) throws -> CropSettings {
        func drawn() -> CropSettings { CropSettings(width: width, height: height, key: job.cropKey, settings.drawing) }
        switch job.crops {
        case .none: return CropSettings([])
        case .drawn: return drawn()
        case .missing(let reason): throw FourMError(reason)
        case .saved(let source): return try CropSettings(NumpyFile.decode(source.bytes(), name: source.name), name: source.name)
        case .file(let path): return try CropFile.settings(path, required: settings.requiresCrops, drawn)
        }
    }
}

/// Crop settings of one sample in a file of their own.
enum CropFile {
    /// What is saved at `path`; if nothing is, `drawn`, which is then saved. Of two runs that draw at the same time the first counts.
    /// - Throws: ``FourMError`` or `CheckpointError` of settings that cannot be read; of kind `unwritable` if they cannot be saved.
    static func settings(_ path: String, required: Bool, _ drawn: () -> CropSettings) throws -> CropSettings {
        if !FilePath.exists(path) {
            guard !required else { throw FourMError("there are no crop settings \(path)") }
            let made = drawn()
            let bytes = NumpyFile.encode(made.tensor)
            try DatasetPath.makeFolder(of: path)
            if try AtomicFile.writeNew(to: path, { (file) throws(CheckpointError) in try file.append(bytes) }) { return made }
        }
        return try CropSettings(NumpyFile.read(path), name: path)
    }
}
