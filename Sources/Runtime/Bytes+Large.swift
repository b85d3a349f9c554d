import Foundation
import IR

extension Bytes {
    /// New memory for weights, arenas and results, filled by `body`; in huge pages where it is large and the system has them, since kernels that
    /// walk megabytes row by row otherwise wait for address translation.
    static func large(count: Int, filledBy body: (UnsafeMutableRawBufferPointer) -> Void) -> Bytes {
        #if os(Linux)
            if count >= hugePage, let memory = hugeMemory(count) {
                body(UnsafeMutableRawBufferPointer(start: memory, count: count))
                return Bytes(adopting: memory, count: count) { pointer, _ in free(pointer) }
            }
        #endif
        return Bytes(count: count, filledBy: body)
    }

    private static let hugePage = 2 << 20

    #if os(Linux)
        private static func hugeMemory(_ count: Int) -> UnsafeMutableRawPointer? {
            var memory: UnsafeMutableRawPointer?
            guard posix_memalign(&memory, hugePage, count) == 0, let memory else { return nil }
            // A wish: without huge pages the memory is as good as any.
            _ = madvise(memory, count, MADV_HUGEPAGE)
            return memory
        }
    #endif
}

extension Tensor {
    /// Memory for a result, left as it comes, in huge pages where it is large: keys and values of a text's context are tens of
    /// megabytes, and their pages, one by one, take as long as the layers that compute them.
    static func large(_ dtype: DType, _ shape: [Int]) -> Tensor {
        guard let elements = Tensor.elementCount(shape), let count = dtype.byteCount(of: elements) else {
            return Tensor(zeros: dtype, shape)
        }
        return Tensor(dtype: dtype, shape: shape, bytes: ByteSlice(Bytes.large(count: count) { _ in })) ?? Tensor(zeros: dtype, shape)
    }
}
