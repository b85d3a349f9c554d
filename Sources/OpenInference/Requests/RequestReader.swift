import Formats
import Serving
import Tessera

/// Reads inference requests of the Open Inference Protocol: JSON text, and behind it what the binary tensor data extension puts there.
package struct RequestReader {
    /// Most inputs, and most outputs.
    private static let mostTensors = 4096

    private var id: String?
    private var parameters = Parameters()
    private var inputs: [TensorMessage] = []
    private var outputs: [(name: String?, parameters: Parameters)] = []

    private init() {}

    /// Reads the request to `model` in `body`.
    /// - Parameters:
    ///   - jsonCount: bytes of the JSON text, as the header `Inference-Header-Content-Length` has it; nil if it is all of the body.
    ///   - deadline: when the answer is worth nothing any more; the parameter `timeout` may bring it forward.
    /// - Throws: ``ServingError`` naming what does not fit.
    package static func read(
        _ body: MessageBytes, jsonCount: Int? = nil, model: String, version: String? = nil, regions: SharedMemoryTable? = nil,
        deadline: ContinuousClock.Instant? = nil
    ) throws(ServingError) -> InferMessage {
        guard let json = body.part(0, jsonCount ?? body.count), var tail = body.part(json.count, body.count - json.count) else {
            throw .request("'Inference-Header-Content-Length' is \(jsonCount ?? 0), the body has \(body.count) bytes")
        }
        return try json.withBytes { (text) throws(ServingError) in
            let message = try readingJSON { try RequestReader(text) }
            return try message.made(model, version, &tail, regions, deadline)
        }
    }

    private init(_ text: UnsafeRawBufferPointer) throws(CheckpointError) {
        var reader = JSONReader(text, file: "request")
        try reader.object { (key, reader) throws(CheckpointError) in
            switch key {
            case "id": id = try RequestReader.id(&reader)
            case "parameters": try parameters.read(&reader)
            case "inputs": try readInputs(&reader)
            case "outputs": try readOutputs(&reader)
            default: _ = try reader.skip()
            }
        }
        try reader.end()
    }

    private static func id(_ reader: inout JSONReader) throws(CheckpointError) -> String? {
        if reader.nextKind() == .null { return try reader.value().string }
        return try reader.nextString()
    }

    private mutating func readInputs(_ reader: inout JSONReader) throws(CheckpointError) {
        try reader.array { (reader) throws(CheckpointError) in
            var input = TensorMessage()
            try input.read(&reader)
            inputs.append(input)
            if inputs.count > RequestReader.mostTensors { throw reader.fault("more than \(RequestReader.mostTensors) inputs") }
        }
    }

    private mutating func readOutputs(_ reader: inout JSONReader) throws(CheckpointError) {
        if reader.nextKind() == .null {
            _ = try reader.skip()
            return
        }
        try reader.array { (reader) throws(CheckpointError) in
            var (name, parameters): (String?, Parameters) = (nil, Parameters())
            try reader.object { (key, reader) throws(CheckpointError) in
                switch key {
                case "name": name = try reader.nextString()
                case "parameters": try parameters.read(&reader)
                default: _ = try reader.skip()
                }
            }
            outputs.append((name, parameters))
            if outputs.count > RequestReader.mostTensors { throw reader.fault("more than \(RequestReader.mostTensors) outputs") }
        }
    }

    private func made(
        _ model: String, _ version: String?, _ tail: inout MessageBytes, _ regions: SharedMemoryTable?,
        _ deadline: ContinuousClock.Instant?
    ) throws(ServingError) -> InferMessage {
        if parameters.contains("sequence_id") { throw .unsupported("sequences of requests are not supported; send no 'sequence_id'") }
        let isBinary = try parameters.flag("binary_data_output") ?? false
        var tensors: [NamedTensor] = []
        for input in inputs { tensors.append(try input.tensor(&tail, regions)) }
        guard tail.count == 0 else { throw .request("\(tail.count) bytes of the body belong to no input") }
        var wanted: [InferMessage.Output] = []
        for output in outputs { wanted.append(try RequestReader.output(output.name, output.parameters, isBinary)) }
        let request = InferenceRequest(
            model, version: version, function: try parameters.text("function"), id: id, inputs: tensors, outputs: wanted.map(\.name),
            deadline: Deadlines.earlier(deadline, try Deadlines.after(microseconds: parameters.count("timeout"))))
        return InferMessage(
            request: request, outputs: wanted, binaryOutputs: isBinary, priority: try parameters.count("priority") ?? 0)
    }

    private static func output(_ name: String?, _ parameters: Parameters, _ isBinary: Bool) throws(ServingError) -> InferMessage.Output {
        guard let name else { throw .request("an output has no 'name'") }
        return InferMessage.Output(
            name: name, isBinary: try parameters.flag("binary_data") ?? isBinary, classes: try parameters.count("classification") ?? 0,
            region: try parameters.region())
    }
}

/// Deadlines of requests.
package enum Deadlines {
    /// So many microseconds from here; nil for none, and for 0, which means none.
    package static func after(microseconds: Int?) -> ContinuousClock.Instant? {
        guard let microseconds, microseconds > 0 else { return nil }
        return .now + .microseconds(min(microseconds, 1 << 50))
    }

    /// Whichever comes first.
    package static func earlier(_ a: ContinuousClock.Instant?, _ b: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }
}
