import Foundation
import OpenInference
import Tessera

/// Takes the inputs of a message from where they are: lists of numbers, raw bytes, which lie in order for those that are nowhere else, or
/// shared memory.
struct InputReader {
    private let model: String
    private let raw: [Data]
    private let memory: SharedPlaces
    private var used = 0
    private static let mostSizes = 64

    init(_ message: Inference_ModelInferRequest, _ memory: SharedPlaces) {
        (model, raw, self.memory) = (message.modelName, message.rawInputContents, memory)
    }

    /// The value of `input`.
    /// - Throws: ``TesseraError`` that names model and input.
    mutating func tensor(_ input: Inference_ModelInferRequest.InferInputTensor) throws(TesseraError) -> Tensor {
        do throws(TesseraError) { return try value(input) } catch {
            throw TesseraError(error.category, "model '\(model)': input '\(input.name)': \(error.message)")
        }
    }

    /// - Throws: ``TesseraError`` if there are raw contents that no input took.
    func end() throws(TesseraError) {
        if used < raw.count {
            throw TesseraError(.usage, "model '\(model)': raw_input_contents has \(raw.count) entries for \(used) inputs")
        }
    }

    private mutating func value(_ input: Inference_ModelInferRequest.InferInputTensor) throws(TesseraError) -> Tensor {
        guard let type = ElementType(protocolName: input.datatype) else {
            throw TesseraError(.usage, "there is no datatype '\(input.datatype)'; one is FP32, for instance")
        }
        let shape = try shape(input.shape)
        if let slice = try memory.slice(input.parameters, of: input.name) {
            if input.hasContents { throw TesseraError(.usage, "it lies in shared memory, and must have no contents") }
            guard type == .text else { return try slice.tensor(type, shape) }
            return try slice.read { bytes throws(TesseraError) in try Tensor(raw: UnsafeRawBufferPointer(bytes), type, shape) }
        }
        if raw.isEmpty { return try input.contents.tensor(type, shape) }
        if input.hasContents { throw TesseraError(.usage, "it must have no contents where raw_input_contents is used") }
        guard used < raw.count else { throw TesseraError(.usage, "raw_input_contents has \(raw.count) entries, and none for it") }
        used += 1
        return try tensor(raw[used - 1], type, shape)
    }

    private func tensor(_ data: Data, _ type: ElementType, _ shape: [Int]) throws(TesseraError) -> Tensor {
        let result: Result<Tensor, TesseraError> = data.withUnsafeBytes { bytes in
            Result { () throws(TesseraError) in try Tensor(raw: bytes, type, shape) }
        }
        return try result.get()
    }

    private func shape(_ sizes: [Int64]) throws(TesseraError) -> [Int] {
        guard sizes.count <= InputReader.mostSizes else { throw TesseraError(.usage, "a shape has at most \(InputReader.mostSizes) sizes") }
        var made: [Int] = []
        for size in sizes {
            guard let fits = Int(exactly: size), fits >= 0 else {
                throw TesseraError(.usage, "\(size) is no size; all sizes are 0 or more")
            }
            made.append(fits)
        }
        return made
    }
}
