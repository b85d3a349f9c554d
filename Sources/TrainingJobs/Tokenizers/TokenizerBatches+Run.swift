import FourMData
import FourMSettings

extension TokenizerBatches {
    /// What a run trains on, or what it is evaluated with.
    /// - Throws: ``FourMError`` and what names a file or folder that cannot be read.
    init(_ run: TokenizerRunSettings, _ domain: TokenizerDomain, _ path: String, evaluates: Bool) throws {
        var crops = TokenizerCrops(side: run.largestSize)
        (crops.smallestScale, crops.flipShare, crops.maskValue) = (run.smallestCrop, run.flipShare, run.maskValue)
        if run.isImageNetStandardized, domain.files == .colors { crops.normalization = .imageNet }
        if run.standardizesNormals, domain.files == .normals { crops.normalization = .surfaceNormals }
        try self.init(path, domain, crops, usesShards: run.usesShards && !evaluates, evaluates: evaluates, seed: run.seed)
    }
}
