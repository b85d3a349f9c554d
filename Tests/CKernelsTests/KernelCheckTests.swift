import KernelCheck
import Testing

/// Each vector kernel of the table on every instruction set of this machine against the generic one; a kernel without a check fails.
@Suite struct KernelCheckTests {
    @Test func everyKernelAgreesWithTheGenericOne() async {
        await #expect(processExitsWith: .success) { #expect(kernel_check(nil) == 0) }
    }
}
