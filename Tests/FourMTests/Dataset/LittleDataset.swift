import Files
import Foundation
import IR
import Media
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Formats
@testable import FourMData
@testable import FourMModels

/// A data set of the demo's pictures, made for one test and removed with it.
final class LittleDataset {
    private let folder: String
    private let isOwn: Bool
    private static let shapes = DemoBundle.folder
    /// Compiled once for all tests.
    private static let plans = Mutex<[String: Plan]>([:])

    init() {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-data-\(UUID().uuidString)").path
        isOwn = true
    }

    /// The data set of another one, for another task.
    init(_ root: String) {
        folder = String(root.dropLast("/data".count))
        isOwn = false
    }

    deinit { if isOwn { try? FileManager.default.removeItem(atPath: folder) } }

    var root: String { folder + "/data" }

    /// A path in the output.
    func path(_ name: String) -> String { folder + "/out/" + name }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    static func picture(_ number: Int, _ modality: String = "rgb") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: shapes + "/images/00\(number)_\(modality).png")))
    }

    /// Copies pictures to `modality/place.png`.
    func add(_ modality: String, _ pictures: [(place: String, number: Int)]) throws {
        for (place, number) in pictures { try write(Self.picture(number, modality), "\(modality)/\(place).png") }
    }

    /// Packs pictures into `modality/shard.tar`.
    func addShard(_ modality: String, _ shard: String, _ pictures: [(key: String, number: Int)], extra: [TarWriter.Entry] = []) throws {
        let entries = try pictures.map { TarWriter.Entry(name: $0.key + ".png", bytes: try Self.picture($0.number, modality)) }
        try DatasetPath.makeFolder(of: root + "/\(modality)/\(shard).tar")
        try TarWriter.write(entries + extra, to: root + "/\(modality)/\(shard).tar")
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try DatasetPath.makeFolder(of: root + "/" + name)
        try Data(bytes).write(to: URL(fileURLWithPath: root + "/" + name))
    }

    /// What a run did, and what it passed over.
    typealias Run = (report: DatasetReport, skipped: [SkippedSample])

    func settings(_ modality: String = "rgb") throws -> DatasetSettings {
        DatasetSettings(root: root, modality: try DatasetModality(modality), outputRoot: folder + "/out")
    }

    @discardableResult
    func tokenize(
        _ modality: String = "rgb", _ configure: (inout DatasetSettings) -> Void = { _ in },
        onProgress: @escaping (DatasetProgress) -> Void = { _ in }
    ) throws -> Run {
        var settings = try settings(modality)
        configure(&settings)
        let weights = Self.shapes + "/\(settings.modality.base).safetensors"
        let plan = try Self.plans.withLock { plans in
            if let plan = plans[weights] { return plan }
            let plan = try ModelLoader.plan(weights)
            plans[weights] = plan
            return plan
        }
        let tokenizer = try DatasetTokenizer(try TokenizerModel(plan), settings, tokenizer: weights, precision: "f32")
        var skipped: [SkippedSample] = []
        tokenizer.onSkip = { skipped.append($0) }
        tokenizer.onProgress = onProgress
        return (try tokenizer.run(try DatasetPlan(settings)), skipped)
    }

    /// Arrays below a folder of the output by their path.
    func arrays(_ name: String) throws -> [String: Tensor] {
        let files = try FolderListing(path(name), suffixes: ["npy"], entersSubfolders: true).files
        return try Dictionary(uniqueKeysWithValues: files.map { ($0, try NumpyFile.read(path(name) + "/" + $0)) })
    }

    /// Arrays in a shard of the output by name.
    func arrays(shard: String) throws -> [String: Tensor] {
        let entries = try TarArchive(path: path(shard)).entries
        return try Dictionary(uniqueKeysWithValues: entries.map { ($0.name, try NumpyFile.decode($0.content, name: $0.name)) })
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }
}
