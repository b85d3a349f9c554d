import Foundation
import OpenInference
import Serving
import Tessera

/// A message that asks for a run, checked: the request, and the form in which its answer goes.
struct InferCall: Sendable {
    /// What is to run.
    let request: InferenceRequest
    /// Where outputs go in shared memory, by name.
    let places: [String: SharedSlice]
    /// Outputs of which the largest elements are told in place of all, and how many.
    let classes: [String: Int]
    /// Whether its inputs are lists of numbers, as then its outputs are.
    let isTyped: Bool
    /// Whether the last answer to a request of a stream is to be marked.
    let marksFinal: Bool

    /// - Throws: ``TesseraError`` that names model and tensor.
    init(_ message: Inference_ModelInferRequest, _ memory: SharedPlaces, deadline: ContinuousClock.Instant?) throws(TesseraError) {
        // Zero, or an empty text, is what clients send for none.
        if message.parameters.integer("sequence_id") ?? 0 != 0 || message.parameters.text("sequence_id")?.isEmpty == false {
            throw TesseraError(.unsupported, "sequences of requests are not supported; send no 'sequence_id'")
        }
        var reader = InputReader(message, memory)
        var inputs: [NamedTensor] = []
        inputs.reserveCapacity(message.inputs.count)
        for input in message.inputs { inputs.append(NamedTensor(input.name, try reader.tensor(input))) }
        try reader.end()
        var (places, classes): ([String: SharedSlice], [String: Int]) = ([:], [:])
        for output in message.outputs {
            if let most = output.parameters.integer("classification"), most > 0 { classes[output.name] = Int(clamping: most) }
            places[output.name] = try memory.slice(output.parameters, of: output.name)
        }
        request = InferenceRequest(
            message.modelName, version: message.modelVersion.isEmpty ? nil : message.modelVersion,
            function: message.parameters.text("function"), id: message.id.isEmpty ? nil : message.id, inputs: inputs,
            outputs: message.outputs.map(\.name), deadline: InferCall.deadline(message, deadline))
        (self.places, self.classes) = (places, classes)
        isTyped = message.rawInputContents.isEmpty && message.inputs.contains(where: \.hasContents)
        marksFinal = message.parameters.flag("triton_enable_empty_final_response")
    }

    /// The earlier of the client's and the request's, which has microseconds from now on.
    private static func deadline(_ message: Inference_ModelInferRequest, _ outer: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        let time = message.parameters.integer("timeout").map { Int(clamping: $0) }
        return Deadlines.earlier(outer, Deadlines.after(microseconds: time))
    }

    /// The answer as a message; outputs that have a place in shared memory are written there.
    /// - Throws: ``TesseraError`` where they do not fit.
    func message(_ response: InferenceResponse) throws(TesseraError) -> Inference_ModelInferResponse {
        var made = Inference_ModelInferResponse()
        (made.modelName, made.modelVersion, made.id) = (response.model, response.version, response.id ?? "")
        let outputs = response.outputs.map { told($0) }
        let lists = isTyped ? lists(outputs) : nil
        for (index, output) in outputs.enumerated() {
            var tensor = Inference_ModelInferResponse.InferOutputTensor()
            (tensor.name, tensor.datatype) = (output.name, output.tensor.elementType.protocolName)
            tensor.shape = output.tensor.shape.map(Int64.init)
            if let place = places[output.name] {
                tensor.parameters = try write(output, place)
                // Raw contents have a place for each output.
                if lists == nil { made.rawOutputContents.append(Data()) }
            } else if let list = lists?[index] {
                tensor.contents = list
            } else {
                made.rawOutputContents.append(output.tensor.withRawBytes { Data($0) })
            }
            made.outputs.append(tensor)
        }
        if marksFinal { made.parameters["triton_final_response"] = .with { $0.boolParam = true } }
        return made
    }

    private func told(_ output: NamedTensor) -> NamedTensor {
        guard let most = classes[output.name] else { return output }
        return NamedTensor(output.name, Classification.texts(output.tensor, most))
    }

    /// All outputs as lists; nil if one of them cannot be.
    private func lists(_ outputs: [NamedTensor]) -> [Inference_InferTensorContents]? {
        let lists = outputs.compactMap { Inference_InferTensorContents($0.tensor) }
        return lists.count == outputs.count ? lists : nil
    }

    private func write(_ output: NamedTensor, _ place: SharedSlice) throws(TesseraError) -> [String: Inference_InferParameter] {
        let result: (count: Int, error: TesseraError?) = output.tensor.withRawBytes { bytes in
            do throws(TesseraError) {
                try place.write(bytes)
                return (bytes.count, nil)
            } catch { return (0, error) }
        }
        if let error = result.error { throw TesseraError(error.category, "output '\(output.name)': \(error.message)") }
        return [
            "shared_memory_region": .with { $0.stringParam = place.region.name },
            "shared_memory_offset": .with { $0.int64Param = Int64(place.start) },
            "shared_memory_byte_size": .with { $0.int64Param = Int64(result.count) },
        ]
    }
}
