import ArgumentParser
import Foundation
import FourMData
import Importers
import Media
import Names

/// Options of `tessera tokenize … --dataset ROOT`.
struct DatasetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokenize a data set instead of single pictures: a folder with one folder for each modality, which holds files in folders "
                + "or .tar shards.", valueName: "root"))
    var dataset: String?

    @Option(help: ArgumentHelp("Folder below the root to read; default: the modality's name.", valueName: "name"))
    var inputFolder: String?

    @Option(help: ArgumentHelp("Folder below the output to write; default: tok_ and the modality's name.", valueName: "name"))
    var outputFolder: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Crops of each picture: the centre, then random ones; default: as in saved crop settings, else 1.", valueName: "n"),
        transform: OptionValue.whole(1...CropSettings.maximumCount))
    var crops: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Least share of the picture that a random crop covers; default 0.8.", valueName: "share"),
        transform: OptionValue.number("a number above 0 and at most 1") { $0 > 0 && $0 <= 1 })
    var minCropScale: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Seed of random crops; default 0.", valueName: "n"), transform: OptionValue.seed)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Folder of crop settings to use and complete; default: crop_settings in the root if it is there, else in the output.",
            valueName: "folder"))
    var cropSettings: String?

    @Flag(help: "A sample without saved crop settings is skipped instead of getting new ones.")
    var requireCropSettings = false

    @Option(
        help: ArgumentHelp(
            "Resampling: bicubic (default), bilinear, nearest, …; class ids and masks always take nearest.", valueName: "name"))
    var filter: Filter?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Use the masks in mask_valid, and put this value in place of pixels that are not white there.", valueName: "value"),
        transform: OptionValue.value)
    var maskValue: Float?

    @Option(
        help: ArgumentHelp("Do part i of n, i from 0 to n-1: every n-th file or shard.", valueName: "i/n"),
        transform: OptionValue.part)
    var shard: DatasetSettings.Part?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pictures that the model takes at a time; default 8. Tokens do not depend on it.", valueName: "n"),
        transform: OptionValue.whole(1...1024))
    var batch: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Threads that decode and crop; default 2.", valueName: "n"),
        transform: OptionValue.whole(1...256))
    var decodeThreads: Int?

    @Flag(help: "Do finished files or shards again.")
    var overwrite = false

    @Flag(help: "Exit with code 1 if a sample was skipped.")
    var strict = false

    @Flag(help: "Count what there is to do, and do nothing.")
    var dryRun = false

    /// Filters by Pillow's names.
    enum Filter: String, ExpressibleByArgument, CaseIterable {
        case nearest, box, bilinear, hamming, bicubic, lanczos

        var filter: ResampleFilter? { ResampleFilter(rawValue: rawValue) }
    }

    /// The first option that has no meaning for single pictures, if one was given.
    private var given: String? {
        let options: [(String, Bool)] = [
            ("--input-folder", inputFolder != nil), ("--output-folder", outputFolder != nil), ("--crops", crops != nil),
            ("--min-crop-scale", minCropScale != nil), ("--seed", seed != nil), ("--crop-settings", cropSettings != nil),
            ("--require-crop-settings", requireCropSettings), ("--filter", filter != nil),
            ("--mask-value", maskValue != nil), ("--shard", shard != nil), ("--batch", batch != nil),
            ("--decode-threads", decodeThreads != nil), ("--overwrite", overwrite), ("--strict", strict), ("--dry-run", dryRun),
        ]
        return options.first { $0.1 }?.0
    }

    func validate() throws {
        if dataset == nil, let given { throw ValidationError("\(given) is for data sets; give --dataset ROOT too") }
        for (name, folder) in [("--input-folder", inputFolder), ("--output-folder", outputFolder)] {
            if let folder, !OutsideName.staysBelow(folder) {
                throw ValidationError("\(name) must be the name of a folder below the root, not '\(ForeignText.clean(folder))'")
            }
        }
    }

    /// What to do for the data set in `root`.
    /// - Throws: `FourMError` for an unknown modality.
    func settings(root: String, modality: String, output: String, side: Int?, ignoringOrientation: Bool) throws -> DatasetSettings {
        var settings = DatasetSettings(root: root, modality: try DatasetModality(modality), outputRoot: output)
        settings.inputFolder = inputFolder ?? settings.inputFolder
        settings.outputFolder = outputFolder ?? settings.outputFolder
        settings.cropFolder = cropSettings
        settings.crops = crops
        settings.minimumScale = minCropScale ?? settings.minimumScale
        settings.seed = seed ?? settings.seed
        settings.requiresCrops = requireCropSettings
        settings.side = side
        settings.filter = filter?.filter
        settings.maskValue = maskValue
        settings.ignoresOrientation = ignoringOrientation
        settings.part = shard ?? settings.part
        settings.batch = batch ?? settings.batch
        settings.decodeThreads = decodeThreads ?? settings.decodeThreads
        settings.overwrites = overwrite
        return settings
    }
}

extension OptionValue {
    static let value: Reader<Float> = { text in
        guard let value = Float(text), value.isFinite else { throw broken("a number") }
        return value
    }

    /// `i/n`
    static let part: Reader<DatasetSettings.Part> = { text in
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let index = numbers[0], let count = numbers[1], (1...1_000_000).contains(count),
            (0..<count).contains(index)
        else { throw broken("I/N with I from 0 to N-1, such as 0/4") }
        return DatasetSettings.Part(index: index, count: count)
    }
}
