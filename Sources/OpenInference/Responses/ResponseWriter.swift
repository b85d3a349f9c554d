import Formats
import Serving
import Tessera

/// An answer as it travels: JSON text, and behind it the data of outputs that were asked for as bytes.
package struct EncodedResponse: Sendable {
    /// JSON text in UTF-8.
    package let json: [UInt8]
    /// Data behind the text, in order.
    package let tails: [Tail]

    /// Data of an output.
    package enum Tail: Sendable {
        /// The bytes of a tensor.
        case tensor(Tensor)
        /// Bytes made for the answer.
        case bytes([UInt8])

        /// Number of bytes.
        package var count: Int {
            switch self {
            case .tensor(let tensor): tensor.withUnsafeBytes { $0.count }
            case .bytes(let bytes): bytes.count
            }
        }

        /// The bytes in place.
        package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
            switch self {
            case .tensor(let tensor): try tensor.withUnsafeBytes(body)
            case .bytes(let bytes): try bytes.withUnsafeBytes(body)
            }
        }
    }

    /// Number of all bytes.
    package var count: Int { tails.reduce(json.count) { $0 + $1.count } }
}

/// Writes answers to inference requests.
package struct ResponseWriter {
    private var text = JSONBytes()
    private var tails: [EncodedResponse.Tail] = []

    private init() {}

    /// The answer to `message`.
    /// - Throws: ``ServingError`` for an output that the protocol has no type for, or that its place in shared memory cannot hold.
    package static func encode(
        _ response: InferenceResponse, _ message: InferMessage, regions: SharedMemoryTable? = nil
    ) throws(ServingError) -> EncodedResponse {
        var writer = ResponseWriter()
        writer.text.open("{")
        writer.text.member("model_name", response.model)
        writer.text.member("model_version", response.version)
        if let id = response.id { writer.text.member("id", id) }
        writer.text.key("outputs")
        writer.text.open("[")
        for output in response.outputs { try writer.write(output, message.output(output.name), regions) }
        writer.text.close("]")
        writer.text.close("}")
        return EncodedResponse(json: writer.text.bytes, tails: writer.tails)
    }

    private mutating func write(
        _ output: NamedTensor, _ wanted: InferMessage.Output, _ regions: SharedMemoryTable?
    ) throws(ServingError) {
        let output = wanted.classes > 0 ? NamedTensor(output.name, Classification.texts(output.tensor, wanted.classes)) : output
        let type = output.tensor.elementType
        head(output.name, type, output.tensor.shape)
        if let region = wanted.region {
            try share(output, region, regions)
        } else if wanted.isBinary {
            binary(raw(output.tensor))
        } else {
            text.key("data")
            text.open("[")
            NumberWriter.write(output.tensor, type, to: &text)
            text.close("]")
        }
        text.close("}")
    }

    private mutating func head(_ name: String, _ type: ElementType, _ shape: [Int]) {
        text.open("{")
        text.member("name", name)
        text.member("datatype", type.protocolName)
        text.key("shape")
        text.open("[")
        for size in shape { text.number(size) }
        text.close("]")
    }

    /// The data as they travel; copied only where that differs from what they are in memory.
    private func raw(_ tensor: Tensor) -> EncodedResponse.Tail {
        [.text, .bool].contains(tensor.elementType) ? .bytes(tensor.withRawBytes { Array($0) }) : .tensor(tensor)
    }

    private mutating func binary(_ tail: EncodedResponse.Tail) {
        text.key("parameters")
        text.open("{")
        text.key("binary_data_size")
        text.number(tail.count)
        text.close("}")
        tails.append(tail)
    }

    private mutating func share(
        _ output: NamedTensor, _ region: InferMessage.Region, _ regions: SharedMemoryTable?
    ) throws(ServingError) {
        guard let regions else { throw .unsupported("output '\(output.name)': this server has no shared memory") }
        let count: Int
        do throws(TesseraError) {
            let slice = try regions.region(region.name).slice(from: Int64(region.offset), count: Int64(region.count))
            let tail = raw(output.tensor)
            let written = tail.withBytes { bytes in Result { () throws(TesseraError) in try slice.write(bytes) } }
            try written.get()
            count = tail.count
        } catch { throw .failed(error) }
        text.key("parameters")
        text.open("{")
        text.member("shared_memory_region", region.name)
        text.key("shared_memory_byte_size")
        text.number(count)
        if region.offset > 0 {
            text.key("shared_memory_offset")
            text.number(region.offset)
        }
        text.close("}")
    }
}
