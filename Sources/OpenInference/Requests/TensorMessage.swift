import Formats
import Serving
import Tessera

/// An input as a request has it, before its data are known to fit.
struct TensorMessage {
    /// Most sizes of a shape.
    private static let mostSizes = 64

    var name: String?
    var type: ElementType?
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
                guard let found = ElementType(protocolName: text) else { throw reader.fault("there is no datatype '\(text.prefix(40))'") }
                type = found
            case "shape": shape = try TensorMessage.shape(&reader)
            case "parameters": try parameters.read(&reader)
            case "data": data = try reader.skip()
            default: _ = try reader.skip()
            }
        }
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
    func tensor(_ tail: inout MessageBytes, _ regions: SharedMemoryTable?) throws(ServingError) -> NamedTensor {
        guard let name else { throw .request("an input has no 'name'") }
        guard let type else { throw .request("input '\(name)' has no 'datatype'") }
        guard let shape else { throw .request("input '\(name)' has no 'shape'") }
        do {
            if let tensor = try raw(name, type, shape, &tail, regions) {
                guard data == nil else { throw ServingError.request("input '\(name)' has both 'data' and binary data") }
                return NamedTensor(name, tensor)
            }
            guard let data else {
                throw ServingError.request("input '\(name)' has no data: neither 'data', nor 'binary_data_size', nor shared memory")
            }
            return NamedTensor(name, try NumberReader.tensor(data, name, type, shape))
        } catch let error as ServingError { throw error } catch let error as CheckpointError { throw .request(error.description) } catch {
            throw .request("input '\(name)': \(error)")
        }
    }

    /// The tensor from shared memory or from behind the JSON text; nil if it is in neither.
    private func raw(
        _ name: String, _ type: ElementType, _ shape: [Int], _ tail: inout MessageBytes, _ regions: SharedMemoryTable?
    ) throws -> Tensor? {
        if let region = try parameters.region() {
            guard let regions else { throw ServingError.unsupported("input '\(name)': this server has no shared memory") }
            let slice = try regions.region(region.name).slice(from: Int64(region.offset), count: Int64(region.count))
            if type == .text { return try slice.read { (bytes) throws(TesseraError) in try Tensor(rawTexts: .init(bytes), shape) } }
            return try slice.tensor(type, shape)
        }
        guard let count = try parameters.count("binary_data_size") else { return nil }
        guard let part = tail.part(0, count), let rest = tail.part(count, tail.count - count) else {
            throw ServingError.request("input '\(name)': 'binary_data_size' is \(count), and \(tail.count) bytes are left in the body")
        }
        tail = rest
        return try part.tensor(type, shape)
    }
}
