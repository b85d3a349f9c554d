import ArgumentParser
import Files
import Formats
import Foundation
import FourM
import IR
import Jobs
import Media

/// `tessera demo`
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show what the demo model makes of photos and of a caption.",
        discussion: """
            Reads the sample photos of the bundle, generates depth, normals, segmentation, caption and boxes of each, paints a picture \
            from a caption, and writes everything with a contact sheet.

            Example:
              tessera demo --bundle Models/shapes --output demo-out
            """)

    @Option(
        help: ArgumentHelp(
            "Bundle with a folder of photos, images; of a compiled bundle in one file, that folder lies beside it.", valueName: "folder"))
    var bundle = "Models/shapes"

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "folder"))
    var output = "demo-out"

    @Option(parsing: .unconditional, help: ArgumentHelp("Photos to use.", valueName: "n"), transform: OptionValue.whole(1...100_000))
    var photos = 4

    @Option(help: ArgumentHelp("Caption to paint.", valueName: "text"))
    var caption = "a large red sphere on a grey floor"

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.apply()
        try FlagName.checkFolder("--output", output)
        let start = ContinuousClock.now
        let folder = URL(fileURLWithPath: output)
        let greedy = try SamplingOptions.parse(["--temperature", "0", "--cfg", "1", "--independent"])
        let job = GenerateJob(greedy.request, title: "From a photo", listener: global.listener, check: greedy.check)
        let samples = try samplePhotos()
        let inputs = samples.map { "rgb@224=\($0)" }
        var task = GenerateJob.Task(bundle: bundle, output: folder.appendingPathComponent("photos"))
        task.inputs = try GenerateInputs(inputs)
        task.targets = DemoCommand.targets
        // A demo shows its own results, which one of before may be replaced by.
        task.overwrites = true
        let results = try job.run(task)
        let plain = try SamplingOptions.parse([])
        let painting = GenerateJob(plain.request, title: "From a caption", listener: global.listener, check: plain.check)
        task.output = folder.appendingPathComponent("caption")
        task.inputs = try GenerateInputs(["caption=\(caption)"])
        task.targets = ["tok_rgb@224", "tok_depth@224"]
        task.seed = 1
        _ = try painting.run(task)
        try sheet(folder)
        for record in results.records {
            let text = record.targets.first { $0.modality == "caption" }?.text ?? ""
            Output.line("\(((record.inputs["rgb@224"] ?? "") as NSString).lastPathComponent): \(text)")
        }
        let elapsed = (ContinuousClock.now - start).seconds
        Output.line(
            "contact sheet: \(folder.appendingPathComponent("sheet.png").path) (\(ProgressBar.time(elapsed)))"
        )
        try results.check()
    }

    private static let targets = ["tok_depth@224", "tok_normal@224", "tok_semseg@224", "caption", "det"]

    private func samplePhotos() throws -> [String] {
        let folder = FilePath.join(CompiledPlace.isBundle(bundle) ? FilePath.folder(of: bundle) : bundle, "images")
        let names = (try? FolderListing(folder, suffixes: ["png"]).files) ?? []
        let found = names.filter { $0.hasSuffix("_rgb.png") }
        guard !found.isEmpty else { throw Refusal.content("--bundle: \(folder) holds no *_rgb.png; give a bundle with sample photos") }
        guard photos <= found.count else {
            throw ValidationError("--photos must be at most \(found.count), the photos in \(folder), not \(photos)")
        }
        return found.prefix(photos).map { (folder as NSString).appendingPathComponent($0) }
    }

    /// The photos' sheet above the caption's, on one page.
    private func sheet(_ folder: URL) throws {
        let parts = ["photos/sheet.png", "caption/sheet.png"].map { folder.appendingPathComponent($0).path }
        let images = try parts.map { try ImageFile.load(path: $0) }
        let width = images.map(\.width).max() ?? 1
        var page = try ByteImage(width: width, height: images.reduce(0) { $0 + $1.height }, channels: 3, filledWith: 0)
        page.fill(PixelRect(x: 0, y: 0, width: page.width, height: page.height), ContactSheet.Style().background)
        var y = 0
        for image in images {
            page.paste(image, x: 0, y: y)
            y += image.height
        }
        try page.writePNG(to: folder.appendingPathComponent("sheet.png").path)
    }
}
