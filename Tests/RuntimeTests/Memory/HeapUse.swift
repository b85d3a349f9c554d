import Foundation

/// Bytes that the C heap has handed out and not got back, from glibc's `malloc_info`; asking for them allocates nothing.
final class HeapUse {
    private typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32

    private let report: MallocInfo
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: HeapUse.capacity)
    private let file: UnsafeMutablePointer<FILE>
    private static let capacity = 1 << 18

    /// nil where the C library cannot tell.
    init?() {
        guard let symbol = dlsym(nil, "malloc_info"), let file = fmemopen(text, HeapUse.capacity, "w") else { return nil }
        report = unsafeBitCast(symbol, to: MallocInfo.self)
        self.file = file
        _ = bytes
    }

    deinit {
        fclose(file)
        text.deallocate()
    }

    /// Memory from the system less free blocks, plus what is mapped on its own: the totals at the end of the report.
    var bytes: Int {
        rewind(file)
        guard report(0, file) == 0, fflush(file) == 0 else { return -1 }
        let obtained = size(after: "<system type=\"current\"") + size(after: "<total type=\"mmap\"")
        return obtained - size(after: "<total type=\"fast\"") - size(after: "<total type=\"rest\"")
    }

    /// The `size="…"` that follows the last `tag`.
    private func size(after tag: StaticString) -> Int {
        tag.withUTF8Buffer { buffer in
            guard let pattern = buffer.baseAddress else { return 0 }
            return pattern.withMemoryRebound(to: CChar.self, capacity: buffer.count) { pattern in
                var last: UnsafeMutablePointer<CChar>?
                var cursor: UnsafeMutablePointer<CChar> = text
                while let found = strstr(cursor, pattern) { (last, cursor) = (found, found + 1) }
                guard let last, let size = strstr(last, "size=\"") else { return 0 }
                return strtol(size + 6, nil, 10)
            }
        }
    }
}
