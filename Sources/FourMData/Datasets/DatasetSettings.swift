import Files
import Media

/// What to tokenize, from where, to where, and how.
package struct DatasetSettings: Sendable {
    /// Folder that holds one folder for each modality.
    package var root: String
    package var modality: DatasetModality
    /// Folder below `root` with the files.
    package var inputFolder: String
    package var outputRoot: String
    /// Folder below `outputRoot` for the tokens.
    package var outputFolder: String
    /// Folder with crop settings; nil: `crop_settings` below `root` if that is there, else below `outputRoot`.
    package var cropFolder: String?
    /// Number of crops; nil: as many as saved settings have, else 1.
    package var crops: Int?
    package var minimumScale = 0.8
    package var seed: UInt64 = 0
    /// Whether a sample without saved crop settings is an error.
    package var requiresCrops = false
    /// Side in pixels; nil: the tokenizer's.
    package var side: Int?
    /// nil: bicubic.
    package var filter: ResampleFilter?
    /// Put in place of pixels that `mask_valid` marks as invalid, after normalisation; nil: no masks.
    package var maskValue: Float?
    package var ignoresOrientation = false
    /// This run does every `count`-th unit from `index` on.
    package var part = Part()
    /// Pictures of one call of the model.
    package var batch = 8
    package var decodeThreads = 2
    /// Whether finished work is done again.
    package var overwrites = false

    /// Part `index` of `count`.
    package struct Part: Sendable, Hashable {
        package var index = 0
        package var count = 1

        package init(index: Int = 0, count: Int = 1) { (self.index, self.count) = (index, count) }
    }

    package init(root: String, modality: DatasetModality, outputRoot: String) {
        self.root = root
        self.modality = modality
        self.outputRoot = outputRoot
        inputFolder = modality.folder
        outputFolder = modality.base
    }

    var drawing: CropSettings.Drawing {
        var drawing = CropSettings.Drawing()
        drawing.count = crops ?? 1
        drawing.minimumScale = minimumScale
        drawing.seed = seed
        return drawing
    }

    var inputPath: String { FilePath.join(root, inputFolder) }
    var outputPath: String { FilePath.join(outputRoot, outputFolder) }
    var maskPath: String { FilePath.join(root, "mask_valid") }

    var cropPath: String {
        if let cropFolder { return cropFolder }
        let beside = FilePath.join(root, "crop_settings")
        return FilePath.isFolder(beside) ? beside : FilePath.join(outputRoot, "crop_settings")
    }
}
