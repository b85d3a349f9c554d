/// Buffers of one function: what backs each, between which steps it is touched, and how many reads of it are to come.
struct BufferTable {
    /// What backs a buffer.
    enum Storage: Equatable {
        case arena
        case input(Int)
        /// Memory that the caller lends and that the run changes in place.
        case state(String)
        case output(Int)
        case constant(String)
        case packed(PackedBytes)
    }

    struct Buffer {
        let storage: Storage
        fileprivate(set) var bytes: Int
        fileprivate(set) var firstStep: Int
        fileprivate(set) var lastStep: Int
        /// Operand positions, and outputs, that still have to read a value in this buffer.
        fileprivate(set) var pendingReads: Int

        /// The steps between which it holds something.
        var lifetime: ClosedRange<Int> { firstStep...max(firstStep, lastStep) }
    }

    private(set) var all: [Buffer] = []
    private var constants: [String: Int] = [:]

    /// The number that the next buffer gets.
    var next: Int { all.count }

    subscript(view: View) -> Buffer { all[view.buffer] }

    /// A new buffer, touched from `step` on.
    mutating func add(_ storage: Storage, bytes: Int = 0, at step: Int) -> Int {
        all.append(Buffer(storage: storage, bytes: bytes, firstStep: step, lastStep: step, pendingReads: 0))
        return all.count - 1
    }

    /// The buffer of constant `key`.
    mutating func constant(_ key: String, at step: Int) -> Int {
        let buffer = constants[key] ?? add(.constant(key), at: step)
        constants[key] = buffer
        return buffer
    }

    /// The buffer of a packed weight.
    mutating func packed(_ packed: PackedBytes, at step: Int) -> Int {
        all.firstIndex { $0.storage == .packed(packed) } ?? add(.packed(packed), at: step)
    }

    func has(_ storage: Storage) -> Bool { all.contains { $0.storage == storage } }

    /// Says that `step`, the last one so far, reads or writes there.
    mutating func touch(_ view: View, at step: Int) {
        if all.indices.contains(view.buffer) { all[view.buffer].lastStep = step }
    }

    /// Says that memory is in use from `step` on already.
    mutating func touchSooner(_ view: View, at step: Int) { all[view.buffer].firstStep = min(all[view.buffer].firstStep, step) }

    /// Says that memory is in use until `step`.
    mutating func touchLater(_ view: View, at step: Int) { all[view.buffer].lastStep = max(all[view.buffer].lastStep, step) }

    /// Says that `buffer` needs no memory after all.
    mutating func dropMemory(_ buffer: Int) { all[buffer].bytes = 0 }

    /// Says that `count` reads more are to come; fewer if negative.
    mutating func expectReads(_ count: Int, of view: View) { all[view.buffer].pendingReads += count }
}
