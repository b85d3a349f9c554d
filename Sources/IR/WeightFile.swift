/// A file that holds data of constants, as IR text names it.
package struct WeightFile: Sendable, Hashable {
    /// As written: relative to the text's own folder, unless it begins with `/`.
    package let path: String
    /// Where in the file the tensors are, if there are several places; see `Checkpoint.open`.
    package let stateKey: String?

    package init(_ path: String, stateKey: String? = nil) { (self.path, self.stateKey) = (path, stateKey) }
}
