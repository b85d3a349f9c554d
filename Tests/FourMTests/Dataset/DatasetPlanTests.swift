import Foundation
import IR
import Testing

@testable import FourMCodecs
@testable import FourMData
@testable import FourMSettings

@Suite struct DatasetPlanTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-data-\(UUID().uuidString)").path

        func touch(_ names: [String]) throws {
            for name in names {
                let url = URL(fileURLWithPath: path + "/" + name)
                try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data([1]).write(to: url)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func settings(_ modality: String = "rgb", part: (Int, Int) = (0, 1)) throws -> DatasetSettings {
            var settings = DatasetSettings(root: path, modality: try DatasetModality(modality), outputRoot: path)
            settings.part = DatasetSettings.Part(index: part.0, count: part.1)
            return settings
        }
    }

    @Test func partsHoldEveryFileOnce() throws {
        let folder = Folder()
        try folder.touch((0..<23).map { "rgb/class\($0 % 3)/\($0).JPG" } + ["rgb/.hidden.png", "rgb/class0/notes.txt", "depth/a/1.png"])
        let all = try DatasetPlan(folder.settings())
        #expect(
            all.layout == .folders && all.total == 23 && all.units.first?.output == "class0/0.npy" && all.units.first?.key == "class0/0")
        for count in [1, 2, 5, 23, 40] {
            let parts = try (0..<count).flatMap { try DatasetPlan(folder.settings(part: ($0, count))).units.map(\.path) }
            #expect(parts.sorted() == all.units.map(\.path).sorted() && Set(parts).count == 23)
        }
    }

    @Test func finishedUnitsAreLeftOutAndStayInTheirPart() throws {
        let folder = Folder()
        try folder.touch((0..<6).map { "rgb/shard-0000\($0).tar" } + ["tok_rgb/shard-00002.tar", "tok_rgb/shard-00003.tar.77.1.part"])
        let plan = try DatasetPlan(folder.settings(part: (0, 2)))
        #expect(plan.layout == .shards && plan.finished == 1 && plan.units.map(\.path) == ["shard-00000.tar", "shard-00004.tar"])
        #expect(try DatasetPlan(folder.settings(part: (1, 2))).units.count == 3)
    }

    @Test func namesThatWouldShareAnOutputAreAProblem() throws {
        let folder = Folder()
        try folder.touch(["rgb/a/x.jpg", "rgb/a/x.png", "rgb/a/y.0.png"])
        let units = try DatasetPlan(folder.settings()).units
        #expect(units.map { $0.problem != nil } == [false, true, false])
        #expect(units[2].output == "a/y.npy")
    }

    @Test func impossibleFoldersAreNamed() throws {
        let folder = Folder()
        try folder.touch(["rgb/a/x.jpg", "rgb/b.tar", "depth/readme.txt"])
        for (modality, text) in [
            ("rgb", "both shards (b.tar) and loose files (a/x.jpg)"), ("depth", "neither"), ("normal", "is no folder"),
        ] {
            let error = #expect(throws: FourMError.self) { try DatasetPlan(folder.settings(modality)) }
            #expect(error?.description.contains(text) == true, "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func modalitiesByAnyOfTheirNames() throws {
        for name in ["rgb", "tok_rgb", "tok_rgb@224"] {
            let modality = try DatasetModality(name)
            #expect(modality.base == "tok_rgb" && modality.folder == "rgb" && modality.files == .colors)
        }
        #expect(try DatasetModality("semseg_coco").files == .labels(shifted: true))
        #expect(try DatasetModality("semseg_coco").base == "tok_semseg")
        let error = #expect(throws: FourMError.self) { try DatasetModality("caption") }
        #expect(
            error?.description.hasSuffix("dinov2_global, imagebind, imagebind_global, normal, rgb, sam_edge, semseg, semseg_coco") == true)
    }

    @Test(arguments: [
        ("a/b.c/x.tar.gz", "a/b.c/x", "tar.gz"), ("x.PNG", "x", "png"), ("./x.y.jpg", "./x", "y.jpg"),
    ])
    func namesEndAtTheFirstDot(path: String, key: String, ext: String) throws {
        let name = try #require(SampleName.split(path))
        #expect(name.key == key && name.ext == ext)
    }

    @Test func hiddenFilesAndFilesWithoutExtensionAreNoSamples() {
        for path in ["x", "a.b/x", ".x.png", "a/._x.png"] { #expect(SampleName.split(path) == nil, "\(path)") }
    }
}
