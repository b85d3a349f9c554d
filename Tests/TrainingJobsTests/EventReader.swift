import Foundation

@testable import TrainingJobs

/// Reads event files of TensorBoard, to hold what was written against.
struct EventReader {
    struct Event {
        var time = 0.0
        var step = 0
        var version: String?
        var isRestart = false
        var scalars: [String: Float] = [:]
        /// Width, height and bytes of a PNG file.
        var pictures: [String: (Int, Int, Int)] = [:]
    }

    struct Fault: Error {
        let text: String
    }

    let events: [Event]

    init(_ bytes: [UInt8]) throws {
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Int(try Self.number(&rest, 8))
            let lengthBytes = withUnsafeBytes(of: UInt64(length).littleEndian) { Array($0) }
            guard try Self.number(&rest, 4) == UInt64(CastagnoliSum.masked(lengthBytes)) else { throw Fault(text: "checksum of a length") }
            guard rest.count >= length else { throw Fault(text: "a record that is cut off") }
            let message = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            guard try Self.number(&rest, 4) == UInt64(CastagnoliSum.masked(message)) else { throw Fault(text: "checksum of a record") }
            events.append(try Self.event(message))
        }
        self.events = events
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ count: Int) throws -> UInt64 {
        guard rest.count >= count else { throw Fault(text: "a number that is cut off") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Fields by number: varints and fixed numbers as numbers, others as bytes.
    private static func fields(_ message: [UInt8]) throws -> [(Int, number: UInt64, bytes: [UInt8])] {
        func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            throw Fault(text: "a varint that is cut off")
        }
        var rest = message[...]
        var fields: [(Int, number: UInt64, bytes: [UInt8])] = []
        while !rest.isEmpty {
            let key = try varint(&rest)
            switch key & 7 {
            case 0: fields.append((Int(key >> 3), try varint(&rest), []))
            case 1: fields.append((Int(key >> 3), try number(&rest, 8), []))
            case 5: fields.append((Int(key >> 3), try number(&rest, 4), []))
            case 2:
                let count = Int(try varint(&rest))
                guard rest.count >= count else { throw Fault(text: "a field that is cut off") }
                fields.append((Int(key >> 3), 0, Array(rest.prefix(count))))
                rest = rest.dropFirst(count)
            default: throw Fault(text: "wire type \(key & 7)")
            }
        }
        return fields
    }

    private static func event(_ message: [UInt8]) throws -> Event {
        var event = Event()
        for (field, number, bytes) in try fields(message) {
            switch field {
            case 1: event.time = Double(bitPattern: number)
            case 2: event.step = Int(number)
            case 3: event.version = String(decoding: bytes, as: UTF8.self)
            case 5: for entry in try fields(bytes) where entry.0 == 1 { try add(entry.bytes, to: &event) }
            case 7: event.isRestart = try fields(bytes).contains { $0.0 == 1 && $0.number == 1 }
            default: throw Fault(text: "field \(field)")
            }
        }
        return event
    }

    private static func add(_ entry: [UInt8], to event: inout Event) throws {
        let all = try fields(entry)
        let name = String(decoding: all.first { $0.0 == 1 }?.bytes ?? [], as: UTF8.self)
        for (field, number, bytes) in all {
            if field == 2 { event.scalars[name] = Float(bitPattern: UInt32(number)) }
            if field == 4 {
                let image = try fields(bytes)
                func size(_ field: Int) -> Int { Int(image.first { $0.0 == field }?.number ?? 0) }
                event.pictures[name] = (size(2), size(1), image.first { $0.0 == 4 }?.bytes.count ?? 0)
            }
        }
    }
}
