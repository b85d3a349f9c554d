/// A prefix tree over bytes with values at its nodes; edges live in one open-addressing table.
///
/// The table's hash is seeded per process, so a hostile vocabulary cannot be built to collide.
struct ByteTrie: Sendable {
    static let root: Int32 = 0

    private static let seed = UInt64.random(in: .min ... .max) | 1
    private var keys: [UInt64]
    private var targets: [Int32]
    private var edgeCount = 0
    private var values: [Int32] = [-1]

    /// - Parameter capacity: expected number of bytes over all keys; only speed depends on it.
    init(capacity: Int = 0) {
        var slots = 64
        while slots < min(capacity, 1 << 20) { slots *= 2 }
        keys = Array(repeating: 0, count: slots)
        targets = Array(repeating: 0, count: slots)
    }

    /// Adds `key` unless it is there; answers the value already stored under it.
    @discardableResult
    mutating func insert(_ key: some Sequence<UInt8>, value: Int32) -> Int32? {
        var node = Self.root
        for byte in key { node = descend(from: node, byte) }
        let old = values[Int(node)]
        guard old < 0 else { return old }
        values[Int(node)] = value
        return nil
    }

    /// The node below `node` along `byte`.
    func child(of node: Int32, _ byte: UInt8) -> Int32? {
        let slot = slot(for: Self.key(node, byte))
        return keys[slot] == 0 ? nil : targets[slot]
    }

    /// The node reached from `node` along all of `bytes`.
    func node(along bytes: some Sequence<UInt8>, from node: Int32 = root) -> Int32? {
        var node = node
        for byte in bytes {
            guard let next = child(of: node, byte) else { return nil }
            node = next
        }
        return node
    }

    /// The value stored under exactly `key`.
    func value(for key: some Sequence<UInt8>) -> Int32? {
        guard let node = node(along: key), values[Int(node)] >= 0 else { return nil }
        return values[Int(node)]
    }

    /// The longest non-empty key below `node` that `bytes[start...]` begins with, and the index after it.
    func longestMatch(
        in bytes: ArraySlice<UInt8>, from start: Int, at node: Int32 = root
    ) -> (value: Int32, end: Int)? {
        var best: (value: Int32, end: Int)?
        var node = node
        var index = start
        while index < bytes.endIndex, let next = child(of: node, bytes[index]) {
            node = next
            index += 1
            if values[Int(node)] >= 0 { best = (values[Int(node)], index) }
        }
        return best
    }

    private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
        UInt64(UInt32(bitPattern: node)) << 8 + UInt64(byte) + 1
    }

    private func slot(for key: UInt64) -> Int {
        let product = (key ^ Self.seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 ^ Self.seed)
        var slot = Int(truncatingIfNeeded: product.high ^ product.low) & (keys.count - 1)
        while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        return slot
    }

    private mutating func descend(from node: Int32, _ byte: UInt8) -> Int32 {
        let key = Self.key(node, byte)
        let slot = slot(for: key)
        if keys[slot] != 0 { return targets[slot] }
        let added = Int32(values.count)
        values.append(-1)
        keys[slot] = key
        targets[slot] = added
        edgeCount += 1
        if edgeCount * 2 > keys.count { grow() }
        return added
    }

    private mutating func grow() {
        let old = zip(keys, targets)
        keys = Array(repeating: 0, count: keys.count * 2)
        targets = Array(repeating: 0, count: keys.count)
        for (key, target) in old where key != 0 {
            let slot = slot(for: key)
            keys[slot] = key
            targets[slot] = target
        }
    }
}
