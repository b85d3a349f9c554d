/// How far a run is.
public struct DatasetProgress: Sendable {
    /// Share of this run's work, 0 to 1.
    public let fraction: Double
    public let samples: Int
    public let skipped: Int
    public let samplesPerSecond: Double
}

/// What a run did.
public struct DatasetReport: Codable, Sendable {
    public var modality = ""
    public var layout = DatasetPlan.Layout.folders
    /// Folder of the tokens.
    public var output = ""
    public var cropSettings: String?
    public var part = 0
    public var parts = 1
    /// Files or shards of this part; those that were done before; those done now.
    public var units = 0
    public var finishedBefore = 0
    public var finished = 0
    /// Samples tokenized now, and their crops together.
    public var samples = 0
    public var pictures = 0
    /// Tokens of one picture; nil if none was tokenized.
    public var tokens: Int?
    public var skippedSamples = 0
    /// Files or shards that could not be used at all.
    public var skippedUnits = 0
    /// File that lists what was skipped, if anything ever was.
    public var skippedLog: String?
    public var seconds = 0.0
    public var samplesPerSecond = 0.0
}
