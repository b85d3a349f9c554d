import Media

/// What to tokenize, from where, to where, and how.
public struct DatasetSettings: Sendable {
    /// Folder that holds one folder for each modality.
    public var root: String
    public var modality: DatasetModality
    /// Folder below `root` with the files.
    public var inputFolder: String
    public var outputRoot: String
    /// Folder below `outputRoot` for the tokens.
    public var outputFolder: String
    /// Folder with crop settings; nil: `crop_settings` below `root` if that is there, else below `outputRoot`.
    public var cropFolder: String?
    /// Number of crops; nil: as many as saved settings have, else 1.
    public var crops: Int?
    public var minimumScale = 0.8
    public var seed: UInt64 = 0
    /// Whether a sample without saved crop settings is an error.
    public var requiresCrops = false
    /// Side in pixels; nil: the tokenizer's.
    public var side: Int?
    /// nil: bicubic.
    public var filter: ResampleFilter?
    /// Put in place of pixels that `mask_valid` marks as invalid, after normalisation; nil: no masks.
    public var maskValue: Float?
    public var ignoresOrientation = false
    /// This run does every `count`-th unit from `index` on.
    public var part = Part()
    /// Pictures of one call of the model.
    public var batch = 8
    public var decodeThreads = 2
    /// Whether finished work is done again.
    public var overwrites = false

    /// Part `index` of `count`.
    public struct Part: Sendable, Hashable {
        public var index = 0
        public var count = 1

        public init(index: Int = 0, count: Int = 1) { (self.index, self.count) = (index, count) }
    }

    public init(root: String, modality: DatasetModality, outputRoot: String) {
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

    var inputPath: String { DatasetPath.join(root, inputFolder) }
    var outputPath: String { DatasetPath.join(outputRoot, outputFolder) }
    var maskPath: String { DatasetPath.join(root, "mask_valid") }

    var cropPath: String {
        if let cropFolder { return cropFolder }
        let beside = DatasetPath.join(root, "crop_settings")
        return DatasetPath.isFolder(beside) ? beside : DatasetPath.join(outputRoot, "crop_settings")
    }
}
