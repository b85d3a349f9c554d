import IR

/// A file of a sample, not decoded yet.
struct SampleFile: Sendable {
    let bytes: ByteSlice
    /// In lower case, without the first dot: `png`, `json.gz`.
    let suffix: String
    /// For messages: a path, or a shard and a member.
    let name: String
}

/// The files of one sample by modality.
struct SampleFiles: Sendable {
    /// As the user knows it.
    let name: String
    var files: [String: SampleFile]
}

/// The samples of a data set by number, and what they are kept in.
protocol SampleSource: Sendable {
    /// Samples of each part: a folder has one part, shards are one each.
    var counts: [Int] { get }
    /// What was passed over while it was listed.
    var notes: [String] { get }

    /// - Throws: what names the file that cannot be read.
    func read(part: Int, sample: Int) throws -> SampleFiles
}

/// What makes samples of a data set useless for training.
enum SampleProblem {
    /// Most bytes of one file of a sample, packed or not.
    static let largestFile = 1 << 28
}
