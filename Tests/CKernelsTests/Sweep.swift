import CKernels
import Testing

/// Runs a kernel on every instruction set of this machine with 1, 2 and 3 threads. To be used in a process of its own, as
/// both are settings of the process.
///
/// Checks that the kernel succeeds, writes nothing behind its result, and gives the same bits for every thread count, and
/// for every instruction set too if it is `exact`.
struct Sweep {
    let name: String
    var exact = false

    /// The result on each instruction set, as elements of type `Element`.
    func run<Element: BitwiseCopyable>(
        _ count: Int, _ type: Element.Type, initially: [Element]? = nil, _ kernel: (UnsafeMutablePointer<Element>) -> tk_status
    ) throws -> [[Element]] {
        var results: [[Element]] = []
        // Three threads that wait for work would starve each other on two cores.
        tk_set_spin(0)
        for level in 0...tk_best_isa() {
            tk_select_isa(level)
            let label = "\(name), \(String(cString: tk_isa_name(level)))"
            for threads in 1...3 {
                tk_use_threads(Int32(threads))
                let result = try once(count, type, initially, "\(label), \(threads) threads", kernel)
                if threads == 1 { results.append(result) }
                #expect(same(result, results.last), "\(label): \(threads) threads change bits")
            }
            #expect(!exact || same(results.first, results.last), "\(label) differs from generic")
        }
        return results
    }

    private func once<Element: BitwiseCopyable>(
        _ count: Int, _ type: Element.Type, _ initially: [Element]?, _ label: String,
        _ kernel: (UnsafeMutablePointer<Element>) -> tk_status
    ) throws -> [Element] {
        let (bytes, fence) = (count * MemoryLayout<Element>.stride, 64)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes + fence, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0x5a)
        initially?.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes]).copyMemory(from: $0) }
        let start = try #require(memory.baseAddress).bindMemory(to: type, capacity: count)
        #expect(kernel(start) == TK_OK, "\(label)")
        #expect(memory[bytes...].allSatisfy { $0 == 0x5a }, "\(label) writes behind its result")
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    private func same<Element: BitwiseCopyable>(_ a: [Element]?, _ b: [Element]?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
    }
}

/// Scratch memory of exactly `bytes`, with a fence behind it that must stay.
func withScratch(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> tk_status) -> tk_status {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes + 64, alignment: 64)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0xff)
    guard let start = memory.baseAddress else { return TK_BAD_ARGUMENT }
    let status = body(start)
    #expect(memory[bytes...].allSatisfy { $0 == 0xff }, "a kernel writes behind its scratch memory")
    return status
}

/// The first element further from `expected` than `tolerance` of its index, in words; equal infinities and NaN agree.
func fault(_ actual: [Float], _ expected: [Double], _ tolerance: (Int) -> Double) -> String? {
    guard actual.count == expected.count else { return "\(actual.count) elements, not \(expected.count)" }
    for (index, value) in actual.enumerated() {
        let (value, wanted) = (Double(value), expected[index])
        if value == wanted || (value.isNaN && wanted.isNaN) || abs(value - wanted) <= tolerance(index) { continue }
        return "element \(index) is \(value), not \(wanted); tolerance \(tolerance(index))"
    }
    return nil
}
