import CKernels
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

    /// The kernel table names operators as the registry does, and has a line for each elementwise one.
    @Test func kernelTableAndRegistryAgree() {
        for kernel in Machine.kernels {
            for name in kernel.operators { #expect(OperatorRegistry.type(named: name) != nil, "\(kernel.name) serves '\(name)'") }
        }
        let served = Set(Machine.kernels.flatMap(\.operators))
        for type in OperatorRegistry.all where type.facts.contains(.elementwise) { #expect(served.contains(type.opName), "\(type.opName)") }
        let numbered = Set(KernelNumbers.unary.keys).union(KernelNumbers.binary.keys)
        #expect(numbered.count == Int(TK_UNARY_COUNT.rawValue + TK_BINARY_COUNT.rawValue))
        for name in numbered { #expect(OperatorRegistry.type(named: name)?.facts.contains(.elementwise) == true, "\(name)") }
    }

    @Test func kernelsAgreeWithEvaluation() async {
        await #expect(processExitsWith: .success) {
            for layout in Layout.allCases {
                for sample in OperatorSamples.all { try OperatorKernelTests.check(sample, layout) }
            }
        }
    }

    @Test func kernelsOfEveryTypeAgreeWithEvaluation() async {
        await #expect(processExitsWith: .success) {
            for sample in OperatorSamples.typed { try OperatorKernelTests.check(sample, .dense) }
        }
    }

    @Test func stridedKernelsOfEveryTypeAgreeWithEvaluation() async {
        await #expect(processExitsWith: .success) {
            for sample in OperatorSamples.typed {
                // Views of 4-bit elements have no strides.
                if sample.inputs.contains(where: { ($0?.dtype.bits ?? 8) < 8 }) { continue }
                try OperatorKernelTests.check(sample, .transposed)
            }
        }
    }

    /// All instruction sets and, for dense operands, thread counts for one sample.
    static func check(_ sample: OperatorSample, _ layout: Layout) throws {
        let node = try OneNode(sample, layout)
        let plain = try sample.op.evaluate(node.operands, sample.binding)
        // Machines with room for it round to more steps.
        let full = try (sample.op as? Attention)?.evaluate(node.operands, fullRange: true)
        let bounds = try [plain, full ?? plain].map { try ErrorBound(sample: sample, operands: node.operands, expected: $0).tolerances() }
        for set in Machine.InstructionSet.allCases where Machine.select(set) == set {
            let isFull = [.avxvnni, .avx512vnni, .avx512bf16, .amx].contains(set)
            let (expected, tolerances) = isFull ? (full ?? plain, bounds[1]) : (plain, bounds[0])
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

    /// Operators that have kernels for f32 and the weight formats alone, and why. All others have one for every type that they accept
    /// but the packed 4-bit ones.
    static let f32Only: [String: String] = {
        let names = [
            "attention", "conv", "fused_conv", "fused_group_norm", "fused_linear", "gated_linear", "group_norm", "l2_normalize",
            "layer_norm", "linear", "log_softmax", "matmul", "quantized_conv", "quantized_gated_linear", "quantized_linear", "rms_norm",
            "rnn", "gru", "lstm", "conv_weight_gradient", "group_norm_gradient", "resize_gradient", "softmax", "max_pool", "average_pool", "sample", "roi_align", "max_roi_pool",
        ]
        let reason = "no model computes it in 16-bit floats or f64, but for plain products in f64, which OpenBLAS computes"
        return Dictionary(uniqueKeysWithValues: names.map { ($0, reason) })
    }()

    /// Operators that no kernel computes, because they are rare and of small tensors.
    static let evaluated: Set<String> = ["det"]

    /// Types that kernels can only move.
    private static func isStored(_ dtype: DType) -> Bool { dtype.bits < 8 || dtype.narrowFloat != nil }

    /// What operators claim to be views of is not copied, but for results that the caller wants dense.
    @Test func viewsTakeNoKernel() throws {
        for sample in OperatorSamples.all where type(of: sample.op).facts.contains(.view) {
            let kernels = try OneNode(sample).run(sample.binding).kernels
            #expect(kernels.allSatisfy { $0 == "copy" }, "\(sample.name) runs \(kernels)")
        }
    }

    @Test func plainProductsOfDoublesAreNotEvaluated() throws {
        for name in ["linear", "matmul"] {
            let samples = OperatorSamples.typed.filter { $0.opName == name && $0.inputs.allSatisfy { $0?.dtype == .f64 } }
            #expect(!samples.isEmpty)
            for sample in samples { #expect(try OneNode(sample).run(sample.binding).kernels.first == "product.openblas", "\(sample)") }
        }
    }

    /// Larger than a block in every direction, with batches, either operand transposed, and a bias: the same bits on any number of threads.
    @Test func largeProductsOfDoublesAgreeWithEvaluation() async {
        await #expect(processExitsWith: .success) {
            var draw = SampleTensors(seed: 77)
            func f64(_ shape: [Int]) -> Tensor { draw.floats(shape, as: .f64) }
            let samples = [
                OperatorSample("matmul large f64", MatMul(), [f64([2, 1, 150, 70]), f64([3, 70, 261])]),
                OperatorSample("matmul large f64 turned", MatMul(transposeA: true, transposeB: true), [f64([70, 131]), f64([129, 70])]),
                OperatorSample("linear large f64", Linear(), [f64([3, 90, 65]), f64([140, 65]), f64([140])]),
                OperatorSample("linear large f32", Linear(), [draw.floats([3, 90, 65]), draw.floats([140, 65]), draw.floats([140])]),
                OperatorSample("linear f64 of no depth", Linear(), [f64([3, 0]), f64([5, 0]), f64([5])]),
            ]
            for sample in samples { for layout in Layout.allCases { try OperatorKernelTests.check(sample, layout) } }
        }
    }

    /// Kernels convolve and resize pictures, and sequences as such.
    private static func isVolume(_ sample: OperatorSample) -> Bool { sample.name.contains(" volume") }

    @Test func noTypeFallsBackToEvaluation() throws {
        for sample in OperatorSamples.typed where OperatorKernelTests.f32Only[sample.opName] == nil && !OperatorKernelTests.isVolume(sample)
        {
            if OperatorKernelTests.evaluated.contains(sample.opName) { continue }
            let results = try sample.op.infer(sample.inputs.map { $0?.type })
            if (sample.inputs.compactMap { $0?.dtype } + results.map(\.dtype)).contains(where: OperatorKernelTests.isStored) { continue }
            let kernels = try OneNode(sample).run(sample.binding).kernels
            #expect(!kernels.contains { $0.hasPrefix("evaluate.") }, "\(sample.name) runs \(kernels)")
        }
    }

    @Test func floatsNeverFallBackToEvaluation() throws {
        for sample in OperatorSamples.all where !OperatorKernelTests.isVolume(sample) {
            if OperatorKernelTests.evaluated.contains(sample.opName) { continue }
            if try sample.op.infer(sample.inputs.map { $0?.type }).contains(where: { OperatorKernelTests.isStored($0.dtype) }) { continue }
            let types = sample.inputs.compactMap { $0?.dtype }
            // 4 bits are widened when a model is loaded.
            if sample.op is Dequantize, sample.inputs[0]?.dtype.bits == 4 { continue }
            let takesHalf = sample.opName.hasSuffix("conv") || sample.op is Attention || types.contains(.i4)
            guard types.contains(.f32),
                types.allSatisfy({ [.f32, .i64, .i32, .bool, .i8, .i4].contains($0) || (takesHalf && $0 == .bf16) })
            else { continue }
            // Narrow weights have kernels only where they are constants, as everywhere in practice.
            let layout: Layout = types.contains { [.i8, .i4, .bf16].contains($0) } ? .constant : .dense
            let kernels = try OneNode(sample, layout).run(sample.binding).kernels
            #expect(!kernels.contains { $0.hasPrefix("evaluate.") }, "\(sample.name) runs \(kernels)")
        }
    }
}
