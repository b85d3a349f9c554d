import Artifact
import IR
import Runtime

extension ModelReport {
    /// What the memory planner tells of calls of a compiled model, where no weights have to be packed for that.
    package static func planner(_ artifact: Artifact) throws -> (String, Binding) -> Int? {
        if artifact.packed.module.largestSizes.isEmpty || !artifact.packed.isForThisMachine { return { _, _ in nil } }
        let session = Session(try artifact.plan())
        return { try? session.workingBytes($0, binding: $1) }
    }
}
