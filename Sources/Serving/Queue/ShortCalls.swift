import Tessera

/// Which calls take less than a millisecond: told by what recent runs of the function took on inputs of about the same size.
struct ShortCalls {
    private struct Key: Hashable {
        let function: ObjectIdentifier
        /// Bits of the number of bytes.
        let size: Int

        init(_ call: Call) {
            function = ObjectIdentifier(call.function)
            let bytes = call.inputs.values.reduce(0) { sum, tensor in tensor.withUnsafeBytes { sum + $0.count } }
            size = Int.bitWidth - bytes.leadingZeroBitCount
        }
    }

    private var times: [Key: Duration] = [:]
    private static let bound = Duration.milliseconds(1)

    /// Notes what a run of `call` alone took; a slow one counts until others have outweighed it.
    mutating func add(_ call: Call, _ time: Duration) {
        let key = Key(call)
        times[key] = times[key].map { $0 + (time - $0) / 8 } ?? time
    }

    /// Whether `call` is short, as far as is known.
    func has(_ call: Call) -> Bool { times[Key(call)].map { $0 < ShortCalls.bound } ?? false }
}
