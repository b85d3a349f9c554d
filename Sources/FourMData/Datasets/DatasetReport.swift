/// How far a run is.
package struct DatasetProgress: Sendable {
    /// Share of this run's work, 0 to 1.
    package let fraction: Double
    package let samples: Int
    package let skipped: Int
    package let samplesPerSecond: Double
}

/// What a run did.
package struct DatasetReport: Codable, Sendable {
    package var modality = ""
    package var layout = DatasetPlan.Layout.folders
    /// Folder of the tokens.
    package var output = ""
    package var cropSettings: String?
    package var part = 0
    package var parts = 1
    /// Files or shards of this part; those that were done before; those done now.
    package var units = 0
    package var finishedBefore = 0
    package var finished = 0
    /// Samples tokenized now, and their crops together.
    package var samples = 0
    package var pictures = 0
    /// Tokens of one picture; nil if none was tokenized.
    package var tokens: Int?
    package var skippedSamples = 0
    /// Files or shards that could not be used at all.
    package var skippedUnits = 0
    /// Samples that earlier runs skipped and that nothing has changed about since.
    package var skippedEarlier = 0
    /// File that lists what was skipped, if anything ever was.
    package var skippedLog: String?
    package var seconds = 0.0
    package var samplesPerSecond = 0.0
}
