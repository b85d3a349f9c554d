import FourMSettings
import IR
import Importers
import Runtime

/// A compiled 4M encoder/decoder with its host-side work: selecting visible tokens, masks, batches of branches.
///
/// Reference: `fourm/models/fm.py` and the forward passes of `fourm/models/generate.py`.
package final class FourMModel {
    package let session: Session
    /// Facts about each modality of this model, from the module's metadata.
    package var modalities: [String: ModelModality] { layout.modalities }
    /// Which tokens of a batch of masked modelling encoder and decoder take.
    let layout: BatchLayout
    /// Width of the token vectors.
    package let dim: Int
    package let layers: Int
    package let heads: Int
    let registerTokens: Tensor?

    /// - Parameter threads: that its session may use; nil for the cores granted to the process.
    /// - Throws: ``FourMError`` if the module is no 4M transformer.
    package init(_ plan: Plan, threads: Int? = nil) throws {
        let metadata = plan.module.metadata
        session = Session(plan, threads: threads)
        layout = try BatchLayout(plan.module)
        dim = try metadata.architecture(.dim)
        layers = try metadata.architecture(.decoderDepth)
        heads = try metadata.architecture(.heads)
        let hasRegisters = plan.module.function(FourMFunction.registerTokens) != nil
        registerTokens = hasRegisters ? try session.run(FourMFunction.registerTokens, [:])["tokens"] : nil
    }

    /// - Throws: ``FourMError`` listing the modalities there are.
    package func modality(_ name: String) throws -> ModelModality { try layout.modality(name) }

    func run(_ function: String, _ inputs: [String: Tensor]) throws -> [String: Tensor] { try session.run(function, inputs) }

    func run(_ function: String, _ inputs: [String: Tensor], result: String) throws -> Tensor {
        guard let tensor = try session.run(function, inputs)[result] else {
            throw FourMError("function '\(function)' has no result '\(result)'", .fault)
        }
        return tensor
    }
}
