import Artifact
import IR
import Passes
import Runtime

/// A model that was read and does not run yet; its weights are mapped, not read.
package enum ReadModel {
    /// Of a checkpoint, as imported.
    case imported(Module)
    case compiled(Artifact)

    /// As imported; that of a compiled model is lowered, and lacks the bytes of packed weights.
    package var module: Module {
        switch self {
        case .imported(let module): module
        case .compiled(let artifact): artifact.packed.module
        }
    }

    /// The compiled model that it is.
    package var artifact: Artifact? { if case .compiled(let artifact) = self { artifact } else { nil } }

    /// Of its weights as stored.
    package var byteCount: Int { artifact?.packed.byteCount ?? module.constantBytes }

    /// The part of an imported model that `function` needs; a compiled one is ready as a whole.
    package func keeping(_ function: String) -> ReadModel {
        switch self {
        case .imported(let module): .imported(module.keeping(functions: [function]))
        case .compiled: self
        }
    }

    /// - Parameters:
    ///   - options: for the pipelines that a compiled model has behind it.
    ///   - precision: of an imported one's dense layers; a compiled model has its own.
    package func plan(_ options: PassOptions = PassOptions(), precision: PrecisionPolicy) throws -> Plan {
        switch self {
        case .imported(let module): try ModelLoader.plan(module, options, precision: precision)
        case .compiled(let artifact): try artifact.plan()
        }
    }
}
