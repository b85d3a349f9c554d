import Formats
import Serving
import Tessera

/// An input as a request has it, before its data are known to fit.
struct TensorMessage {
    /// Most sizes of a shape.
    private static let mostSizes = 64

    var name: String?
    var type: WireType?
    var shape: [Int]?
    var parameters = Parameters()
    /// Stands before the data, if the text has them.
    var data: JSONReader?

    /// Reads the object of an input. Data are only passed over here: they may come before their type.
    mutating func read(_ reader: inout JSONReader) throws(CheckpointError) {
        try reader.object { (key, reader) throws(CheckpointError) in
            switch key {
            case "name": name = try reader.nextString()
            case "datatype":
                let text = try reader.nextString()
                guard let found = WireType(rawValue: text) else { throw reader.fault(TensorMessage.unknown(text)) }
                type = found
            case "shape": shape = try TensorMessage.shape(&reader)
            case "parameters": try parameters.read(&reader)
            case "data": data = try reader.skip()
            default: _ = try reader.skip()
            }
        }
    }

    private static func unknown(_ text: String) -> String {
        "there is no datatype '\(text.prefix(40))'; known are \(WireType.allCases.map(\.rawValue).joined(separator: ", "))"
    }

    private static func shape(_ reader: inout JSONReader) throws(CheckpointError) -> [Int] {
        var shape: [Int] = []
        try reader.array { (reader) throws(CheckpointError) in
            guard let size = try reader.nextNumber().exactly(Int.self), size >= 0, shape.count < mostSizes else {
                throw reader.fault("a shape has whole numbers from 0 on, at most \(mostSizes)")
            }
            shape.append(size)
        }
        return shape
    }

    /// The tensor.
    /// - Parameter tail: what follows the JSON text; what belongs to this tensor is taken off its front.
    func tensor(_ tail: inout MessageBytes, _ regions: (any SharedRegions)?) throws(ServingError) -> NamedTensor {
        guard let name else { throw .request("an input has no 'name'") }
        guard let type else { throw .request("input '\(name)' has no 'datatype'") }
        guard let shape else { throw .request("input '\(name)' has no 'shape'") }
        guard let element = type.elementType else {
            throw .unsupported("input '\(name)': functions take no BYTES; send numbers or truth values")
        }
        guard let count = element.byteCount(shape) else { throw .request("input '\(name)': the shape \(shape) is too large") }
        let bytes = try self.bytes(name, &tail, regions)
        do {
            if let bytes {
                guard data == nil else { throw ServingError.request("input '\(name)' has both 'data' and binary data") }
                guard bytes.count == count else {
                    throw ServingError.request(
                        "input '\(name)': \(type.rawValue)\(shape) takes \(count) bytes, not \(bytes.count)")
                }
                return NamedTensor(name, try bytes.tensor(element, shape))
            }
            guard let data else {
                throw ServingError.request("input '\(name)' has no data: neither 'data', nor 'binary_data_size', nor shared memory")
            }
            return NamedTensor(name, try NumberReader.tensor(data, name, type, shape))
        } catch let error as ServingError { throw error } catch let error as CheckpointError { throw .request(error.description) } catch {
            throw .failed(TesseraError(error))
        }
    }

    private func bytes(_ name: String, _ tail: inout MessageBytes, _ regions: (any SharedRegions)?) throws(ServingError) -> MessageBytes? {
        if let region = try parameters.region() {
            guard let regions else { throw .unsupported("input '\(name)': this server has no shared memory") }
            return try regions.bytes(region.name, offset: region.offset, count: region.count)
        }
        guard let count = try parameters.count("binary_data_size") else { return nil }
        guard let part = tail.part(0, count), let rest = tail.part(count, tail.count - count) else {
            throw .request("input '\(name)': 'binary_data_size' is \(count), and \(tail.count) bytes are left in the body")
        }
        tail = rest
        return part
    }
}
