/// A sample that was not generated since its inputs cannot be used, as `skipped.json` and `--json` tell it.
package struct SkippedSample: Codable, Sendable, Equatable {
    /// Number of the sample; none for a file that pairs with no other.
    package var sample: Int?
    /// Where its files would be, below the output.
    package var folder: String?
    package var inputs: [String: String]
    package var error: String

    /// Lists them in an output folder.
    package static let file = "skipped.json"

    package init(sample: Int? = nil, folder: String? = nil, inputs: [String: String], error: String) {
        (self.sample, self.folder, self.inputs, self.error) = (sample, folder, inputs, error)
    }
}
