import IR

/// How one ONNX operator becomes nodes of the IR.
///
/// A mapping serves its operator from version `since` of the operator set on, up to the next mapping of the same operator. What changed
/// between versions and does not change the way of translation is asked of ``NodeImport/version`` by name: an attribute that became an
/// input is `ints("axes", before: 13, input: 1)`.
struct OperatorMapping: Sendable {
    let domain: String
    let name: String
    let since: Int
    /// Results in the order of the node's outputs; trailing ones that nobody can read may be missing.
    let convert: @Sendable (inout NodeImport) throws -> [ValueID?]

    init(
        _ name: String, domain: String = "", since: Int = 1, _ convert: @escaping @Sendable (inout NodeImport) throws -> [ValueID?]
    ) {
        (self.domain, self.name, self.since, self.convert) = (domain, name, since, convert)
    }

    /// A mapping of an operator with one result.
    static func one(
        _ name: String, domain: String = "", since: Int = 1, _ convert: @escaping @Sendable (inout NodeImport) throws -> ValueID
    ) -> OperatorMapping {
        OperatorMapping(name, domain: domain, since: since) { [try convert(&$0)] }
    }

    /// Every mapping, a list for each family of operators.
    static let all: [OperatorMapping] = [
        elementwise, quantization, reductions, linear, random, losses,
        spatial, norms, signal,
        shapes, sources, indexing, control, sequences, strings, machineLearning,
        attention, recurrent, microsoft,
    ].flatMap { $0 }

    private static let byName = Dictionary(grouping: all) { "\($0.domain):\($0.name)" }

    /// The mapping for an operator in a version of its set; nil if there is none.
    static func find(_ domain: String, _ name: String, _ version: Int) -> OperatorMapping? {
        byName["\(domain):\(name)"]?.filter { $0.since <= version }.max { $0.since < $1.since }
    }
}
