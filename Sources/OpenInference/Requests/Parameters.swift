import Formats
import Serving

/// Parameters of a request or of one of its tensors: small values by name.
struct Parameters {
    /// Most parameters of one object.
    private static let most = 64
    private var values: [String: Value] = [:]

    enum Value {
        case bool(Bool)
        case number(JSONNumber)
        case text(String)
    }

    /// Reads an object of parameters.
    mutating func read(_ reader: inout JSONReader) throws(CheckpointError) {
        if reader.nextKind() == .null {
            _ = try reader.skip()
            return
        }
        try reader.object { (key, reader) throws(CheckpointError) in
            switch reader.nextKind() {
            case .bool: values[key] = .bool(try reader.value().bool ?? false)
            case .number: values[key] = .number(try reader.nextNumber())
            case .string: values[key] = .text(try reader.nextString())
            default: _ = try reader.skip()
            }
            if values.count > Parameters.most { throw reader.fault("more than \(Parameters.most) parameters") }
        }
    }

    /// - Throws: ``ServingError`` if it is there and no number from 0 on.
    func count(_ name: String) throws(ServingError) -> Int? {
        guard let value = values[name] else { return nil }
        if case .number(let number) = value, let count = number.exactly(Int.self), count >= 0 { return count }
        throw .request("parameter '\(name)' must be a whole number from 0 on")
    }

    /// - Throws: ``ServingError`` if it is there and neither true nor false.
    func flag(_ name: String) throws(ServingError) -> Bool? {
        guard let value = values[name] else { return nil }
        if case .bool(let flag) = value { return flag }
        throw .request("parameter '\(name)' must be true or false")
    }

    /// - Throws: ``ServingError`` if it is there and no text.
    func text(_ name: String) throws(ServingError) -> String? {
        guard let value = values[name] else { return nil }
        if case .text(let text) = value { return text }
        throw .request("parameter '\(name)' must be a text")
    }

    /// A place in shared memory, if the parameters name one.
    func region() throws(ServingError) -> InferMessage.Region? {
        guard let name = try text("shared_memory_region") else { return nil }
        guard let count = try count("shared_memory_byte_size") else {
            throw .request("parameter 'shared_memory_region' needs 'shared_memory_byte_size'")
        }
        return InferMessage.Region(name: name, offset: try self.count("shared_memory_offset") ?? 0, count: count)
    }

    func contains(_ name: String) -> Bool { values[name] != nil }

}
