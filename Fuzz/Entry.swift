import Foundation

/// libFuzzer's own loop (compiler-rt, FuzzerInterface.h).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let target: Target = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = Target.all.first(where: { $0.name == name }) else {
        print("FUZZ_TARGET must be one of: \(Target.all.map(\.name).joined(separator: " "))")
        exit(2)
    }
    return target
}()

/// Seconds of processor time that an input of up to 64 kB may take here. libFuzzer's own limit counts the time of other programs too.
private let limit = 60

/// One input of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let start = clock()
    try? target.parse(Array(UnsafeRawBufferPointer(start: data, count: count)))
    precondition((clock() - start) / Int(CLOCKS_PER_SEC) < limit, "the input takes more than \(limit) seconds")
    return 0
}

/// The package manager makes `NAME_main` the program's entry, in place of the one that libFuzzer brings.
@_cdecl("Fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
