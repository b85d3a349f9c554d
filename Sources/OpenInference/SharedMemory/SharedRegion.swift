import Tessera

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A region of POSIX shared memory that a client made: bytes are copied from it and to it by offset, and what another process does to it
/// meanwhile can at worst give wrong bytes or an error, as it is not mapped.
package final class SharedRegion: Sendable {
    /// Name among regions.
    package let name: String
    /// Name of the memory object: `/` and what the client called it.
    package let key: String
    /// Where the region begins in the memory object.
    package let offset: Int
    /// Bytes of the region.
    package let count: Int
    private let descriptor: Int32

    /// Opens the memory object.
    /// - Throws: ``TesseraError`` of category `usage` for a key or bounds that cannot be meant, `notFound` for an object that is not there.
    package init(_ name: String, key: String, offset: UInt64, count: UInt64) throws(TesseraError) {
        guard let offset = Int(exactly: offset), let count = Int(exactly: count), count > 0, !offset.addingReportingOverflow(count).overflow
        else { throw TesseraError(.usage, "shared memory '\(name)': \(count) bytes from \(offset) on are no region") }
        // No other files: the object lies directly in the folder of such objects.
        let own = key.hasPrefix("/") ? key.dropFirst() : key[...]
        guard !own.isEmpty, own != ".", own != "..", own.utf8.count < 255, !own.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) else {
            throw TesseraError(.usage, "shared memory '\(name)': '\(key)' is no key; a key is '/' and a name without further '/'")
        }
        (self.name, self.key, self.offset, self.count) = (name, key, offset, count)
        let opened = shm_open("/\(own)", O_RDWR | O_CLOEXEC, 0)
        guard opened >= 0 else {
            throw TesseraError(.notFound, "shared memory '\(name)': '\(key)' cannot be opened: \(String(cString: strerror(errno)))")
        }
        descriptor = opened
        var facts = stat()
        // The object goes with the region: a `close` here would be a second one.
        guard fstat(opened, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, Int(facts.st_size) - offset >= count else {
            throw TesseraError(.usage, "shared memory '\(name)': '\(key)' has \(facts.st_size) bytes, and not \(count) from \(offset) on")
        }
    }

    deinit { close(descriptor) }

    /// `count` bytes of the region from `start` on, all of them inside.
    /// - Throws: ``TesseraError`` of category `usage`.
    package func slice(from start: Int64, count: Int64) throws(TesseraError) -> SharedSlice {
        guard let start = Int(exactly: start), let length = Int(exactly: count), start >= 0, length >= 0, start <= self.count,
            length <= self.count - start
        else { throw TesseraError(.usage, "shared memory '\(name)' has \(self.count) bytes, and not \(count) from \(start) on") }
        return SharedSlice(region: self, start: start, count: length)
    }

    /// Copies bytes of the region from `start` on.
    fileprivate func read(_ target: UnsafeMutableRawBufferPointer, from start: Int) throws(TesseraError) {
        try transfer(target.count, start) { pread(descriptor, target.baseAddress?.advanced(by: $0), $1, $2) }
    }

    /// Copies `source` to the region from `start` on.
    fileprivate func write(_ source: UnsafeRawBufferPointer, at start: Int) throws(TesseraError) {
        try transfer(source.count, start) { pwrite(descriptor, source.baseAddress?.advanced(by: $0), $1, $2) }
    }

    private func transfer(_ count: Int, _ start: Int, _ step: (_ done: Int, _ rest: Int, _ place: off_t) -> Int) throws(TesseraError) {
        var done = 0
        while done < count {
            let moved = step(done, count - done, off_t(offset + start + done))
            if moved < 0, errno == EINTR { continue }
            guard moved > 0 else {
                throw TesseraError(.usage, "shared memory '\(name)': '\(key)' ends before byte \(start + count) of the region: it was cut")
            }
            done += moved
        }
    }
}

/// Part of a region, all of it inside.
package struct SharedSlice: Sendable {
    package let region: SharedRegion
    /// Where it begins in the region.
    package let start: Int
    /// Its bytes.
    package let count: Int

    /// A copy of it.
    /// - Parameter body: given the copy.
    /// - Throws: ``TesseraError`` of category `outOfResources` for more than this machine's memory: objects may be larger than what is in them.
    package func read<Result>(_ body: (UnsafeMutableRawBufferPointer) throws(TesseraError) -> Result) throws(TesseraError) -> Result {
        _ = try Tensor.byteCount(.u8, [count])
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        defer { memory.deallocate() }
        try region.read(memory, from: start)
        return try body(memory)
    }

    /// A tensor of its bytes.
    /// - Throws: ``TesseraError`` of category `usage` if type and shape need another number of bytes, or the object was cut meanwhile;
    ///   `outOfResources` for more than this machine's memory.
    package func tensor(_ type: ElementType, _ shape: [Int]) throws(TesseraError) -> Tensor {
        guard try Tensor.byteCount(type, shape) == count else {
            throw TesseraError(.usage, "\(type)\(shape) does not take the \(count) bytes of shared memory '\(region.name)'")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        do throws(TesseraError) { try region.read(memory, from: start) } catch {
            memory.deallocate()
            throw error
        }
        return try Tensor(borrowing: memory, type, shape) { $0.deallocate() }
    }

    /// Writes `bytes` to its beginning.
    /// - Throws: ``TesseraError`` of category `usage` if they do not fit.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TesseraError) {
        guard bytes.count <= count else {
            throw TesseraError(.usage, "\(bytes.count) bytes do not fit \(count) bytes of shared memory '\(region.name)'")
        }
        try region.write(bytes, at: start)
    }
}
