import IR
import Passes
import Runtime

/// The loss of masked modelling and its gradients, compiled.
package final class LossGradients {
    private let session: Session

    /// - Parameters:
    ///   - module: of a 4M transformer, as it is imported.
    ///   - inputs, targets: modalities in the order of the encoder and of the decoder.
    ///   - parameters: keys of weights whose gradients are wanted; there are none of those that the loss does not read.
    /// - Throws: as ``LossFunction``, and ``PassError``.
    package init(_ module: Module, inputs: [String], targets: [String], parameters: Set<String>, threads: Int? = nil) throws {
        let made = try LossFunction.added(to: module, inputs: inputs, targets: targets).keeping(functions: [LossFunction.name])
        let read = parameters.intersection(made.constants.keys).sorted()
        let request = GradientRequest(
            function: LossFunction.name, parameters: read.map { NamePattern(exactly: $0) }, keepsResults: true)
        let whole = try PassManager.run(made, .gradient(request, stage: made.stage)).module
        let clean = try PassManager.run(whole.keeping(functions: [LossGradients.function]), .clean).module
        session = Session(try Plan(clean), threads: threads)
    }

    private static let function = GradientRequest.functionPrefix + LossFunction.name

    /// `loss`, `loss.MODALITY` and `grad.KEY`, of the inputs that ``FourMModel/lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)`` makes.
    package func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try session.run(LossGradients.function, inputs) }
}
