/// Messages of TensorBoard's event files: `Event` and `Summary` of tensorflow/core/util/event.proto and framework/summary.proto, as far as they
/// are written here.
enum EventMessage {
    /// A picture as a PNG file.
    struct Picture: Sendable {
        let width, height: Int
        let png: [UInt8]
    }

    /// The first of a file: its version.
    static func version(_ time: Double) -> [UInt8] {
        event(time, step: 0) { $0.add(3, "brain.Event:2") }
    }

    /// What of earlier files has step `step` or a later one counts no more: the run went on from there.
    static func restart(_ time: Double, step: Int) -> [UInt8] {
        var log = WireMessage()
        log.add(1, Int64(1))
        return event(time, step: step) { $0.add(7, log) }
    }

    static func scalars(_ time: Double, step: Int, _ values: [String: Double]) -> [UInt8] {
        summary(
            time, step,
            values.sorted { $0.key < $1.key }.map { name, value in
                var entry = WireMessage()
                entry.add(1, name)
                entry.add(2, Float(value))
                return entry
            })
    }

    static func picture(_ time: Double, step: Int, _ name: String, _ picture: Picture) -> [UInt8] {
        var image = WireMessage()
        image.add(1, Int64(picture.height))
        image.add(2, Int64(picture.width))
        // Red, green and blue.
        image.add(3, Int64(3))
        image.add(4, picture.png)
        var entry = WireMessage()
        entry.add(1, name)
        entry.add(4, image)
        return summary(time, step, [entry])
    }

    private static func summary(_ time: Double, _ step: Int, _ entries: [WireMessage]) -> [UInt8] {
        var summary = WireMessage()
        for entry in entries { summary.add(1, entry) }
        return event(time, step: step) { $0.add(5, summary) }
    }

    private static func event(_ time: Double, step: Int, _ fill: (inout WireMessage) -> Void) -> [UInt8] {
        var message = WireMessage()
        message.add(1, time)
        message.add(2, Int64(step))
        fill(&message)
        return message.bytes
    }

    /// A message as a record of a file: length, its checksum, the bytes, theirs.
    static func record(_ message: [UInt8]) -> [UInt8] {
        let length = UInt64(message.count).littleEndianBytes
        return length + CastagnoliSum.masked(length).littleEndianBytes + message + CastagnoliSum.masked(message).littleEndianBytes
    }
}
