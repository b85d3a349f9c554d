import IR
import TestSupport
import Testing

@testable import Runtime

/// Every operator as a plan runs it, against its own `evaluate`.
///
/// Instruction set and thread count are settings of the process, so sweeps over them run in processes of their own.
@Suite struct OperatorKernelTests {
    @Test func everyOperatorHasALowering() {
        // Strings have no kernels.
        for type in OperatorRegistry.all where type is any TensorOperator.Type && type != StringConcat.self {
            #expect(type is any Lowerable.Type, "\(type.opName) has no lowering")
        }
    }

    @Test func kernelsAgreeWithEvaluation() async {
        await #expect(processExitsWith: .success) {
            for layout in Layout.allCases {
                for sample in OperatorSamples.all { try OperatorKernelTests.check(sample, layout) }
            }
        }
    }

    /// All instruction sets and, for dense operands, thread counts for one sample.
    static func check(_ sample: OperatorSample, _ layout: Layout) throws {
        let node = try OneNode(sample, layout)
        let expected = try sample.op.evaluate(node.operands, sample.binding)
        let bound = ErrorBound(sample: sample, operands: node.operands, expected: expected)
        let tolerances = try bound.tolerances()
        for set in Machine.InstructionSet.allCases where Machine.select(set) == set {
            var first: [Tensor]?
            for threads in layout == .dense ? 1...3 : 2...2 {
                Machine.setDefaultThreads(threads)
                let (results, kernels) = try node.run(sample.binding)
                for index in results.indices {
                    let fault = mismatch(results[index], expected[index], tolerances[index])
                    #expect(fault == nil, "\(sample.name), \(layout.rawValue), \(set.name), result \(index), by \(kernels)")
                }
                #expect(first ?? results == results, "\(sample.name), \(layout.rawValue), \(set.name): \(threads) threads change bits")
                first = results
            }
        }
    }

    /// Samples with f32 operands that no kernel serves, and why that is so.
    static let evaluated: [String: String] = [
        "pad reflect": "reflection reads backwards; importers and passes never write it",
        "pad edge": "as reflection",
        "top_k first": "the kernel ranks the last axis; samplers use no other",
        "conv volume": "kernels convolve pictures, and sequences as such",
        "conv volume unbiased": "as above",
        "resize nearest volume": "kernels resize pictures, and sequences as such",
        "resize linear volume": "as above",
        "resize cubic volume": "as above",
        "gather_elements first": "indices narrower than the table have no common row length",
    ]

    @Test func floatsNeverFallBackToEvaluation() throws {
        for sample in OperatorSamples.all {
            let types = sample.inputs.compactMap { $0?.dtype }
            let takesHalf = sample.opName.hasSuffix("conv") || sample.op is Attention || types.contains(.i4)
            guard types.contains(.f32),
                types.allSatisfy({ [.f32, .i64, .i32, .bool, .i8, .i4].contains($0) || (takesHalf && $0 == .bf16) })
            else { continue }
            // Narrow weights have kernels only where they are constants, as everywhere in practice.
            let layout: Layout = types.contains { [.i8, .i4, .bf16].contains($0) } ? .constant : .dense
            let kernels = try OneNode(sample, layout).run(sample.binding).kernels
            let falls = kernels.contains { $0.hasPrefix("evaluate.") }
            #expect(falls == (OperatorKernelTests.evaluated[sample.name] != nil), "\(sample.name) runs \(kernels)")
        }
    }
}
