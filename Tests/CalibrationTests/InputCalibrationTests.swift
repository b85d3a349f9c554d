import CKernels
import IR
import Passes
import Runtime
import TestSupport
import Testing

@testable import Calibration

/// Ranges of activations, and scales that move between norms and weights.
@Suite struct InputCalibrationTests {
    private static let text = """
        module @case stage(imported) {
          const @g : f32[64]
          const @h : f32[64]
          const @w : f32[96, 64]
          const @v : f32[96, 64]
          const @u : f32[64, 96]
          func @f(%x: f32[n, 64]) -> (y: f32[n, 64]) {
            %0 = layer_norm(%x, @g, @h) {eps: 1e-6} : f32[n, 64] "norm"
            %1 = gated_linear(%0, @w, @v) {activation: "silu"} : f32[n, 96] "gate"
            %2 = linear(%1, @u) : f32[n, 64] "out"
            return %2
          }
        }
        """

    private let module: Module
    private let calls: [CallRecorder.Call]

    init() throws {
        var draw = SampleTensors(seed: 21)
        var module = try Module(parsing: Self.text)
        // A few channels are far larger than the others, as in large transformers.
        let gains = draw.floats([64], 0.5...1.5).floats.enumerated().map { $0 % 16 == 3 ? $1 * 60 : $1 }
        module.setConstant(Constant(key: "g", Tensor(gains, [64])))
        module.setConstant(Constant(key: "h", draw.floats([64], -0.1...0.1)))
        for (key, shape) in [("w", [96, 64]), ("v", [96, 64]), ("u", [64, 96])] {
            var values = draw.floats(shape, -0.2...0.2).floats
            if key != "u" { for index in values.indices where index % 64 % 16 == 3 { values[index] /= 30 } }
            module.setConstant(Constant(key: key, Tensor(values, shape)))
        }
        self.module = module
        calls = (0..<3).map { _ in CallRecorder.Call("f", ["x": draw.floats([40, 64])]) }
    }

    private func accuracy(_ policy: PrecisionPolicy, of other: Module? = nil) throws -> Double {
        let module = other ?? module
        let quantized = try PassManager.run(module, [.clean] + [policy.pipeline(halfRange: false)].compactMap { $0 }).module
        let clean = try PassManager.run(module, .clean).module
        return try #require(try OutputComparison.of(Plan(clean), Plan(quantized), calls, most: 3).outputs.first).sqnr
    }

    @Test(arguments: [Precision.int8, .int4]) func movedScalesAreBetter(precision: Precision) throws {
        let policy = PrecisionPolicy(precision)
        let moved = try InputCalibrator(module, observer: .mse, movesScales: true, halfRange: false).run(policy, calls)
        #expect(moved.migrations.count == 1 && moved.inputRanges.isEmpty)
        let (plain, better) = (try accuracy(policy), try accuracy(moved))
        #expect(better > plain + 2, "\(plain) dB, then \(better)")
    }

    /// Moving scales alone changes nothing but roundings, and leaves no product behind.
    @Test func movingKeepsTheFunction() throws {
        var policy = try InputCalibrator(module, observer: .mse, movesScales: true, halfRange: false).run(PrecisionPolicy(.int8), calls)
        policy.precision = .f32
        let moved = try PassManager.run(module, [.clean, policy.preparing]).module
        let ops = try #require(moved.function("f")).nodes.map(\.opName)
        #expect(ops == ["layer_norm", "gated_linear", "linear"])
        let clean = try PassManager.run(module, .clean).module
        let outputs = try OutputComparison.of(Plan(clean), Plan(moved), calls, most: 3).outputs
        #expect(outputs.allSatisfy { $0.sqnr > 100 })
    }

    /// A norm whose result something else reads keeps its scales.
    @Test func normsThatOthersReadStay() throws {
        let text = Self.text.replacing("return %2", with: "%3 = add(%2, %0) : f32[n, 64]\n            return %3")
        var other = try Module(parsing: text)
        for constant in module.constants.values { other.setConstant(constant) }
        let made = try InputCalibrator(other, observer: .mse, movesScales: true, halfRange: false).run(PrecisionPolicy(.int8), calls)
        #expect(made.migrations.isEmpty)
    }

    @Test(arguments: Observer.allCases) func rangesServeAsScales(observer: Observer) throws {
        let policy = PrecisionPolicy(.int8Static)
        var module = self.module
        module.setConstant(Constant(key: "g", Tensor([Float](repeating: 1, count: 64), [64])))
        let known = try InputCalibrator(module, observer: observer, movesScales: false, halfRange: false).run(policy, calls)
        #expect(Set(known.inputRanges.keys) == ["w", "u"])
        #expect(try accuracy(known, of: module) > 25)
        let pipeline = try #require(known.pipeline(halfRange: false))
        let graph = try #require(try PassManager.run(module, [.clean, pipeline]).module.function("f"))
        #expect(graph.nodes.filter { $0.op is Quantize }.count == 2 && !graph.nodes.contains { $0.op is DynamicQuantize })
        let lowered = try #require(try PassManager.run(module, [.clean, pipeline, .lower()]).module.function("f"))
        #expect(lowered.nodes.filter { $0.op is IntegerLinear }.count == 3)
    }

    /// Filters are of half range in the order in which they are multiplied.
    @Test func filtersOfHalfRange() throws {
        var draw = SampleTensors(seed: 22)
        var conv = try Module(
            parsing: """
                module @case stage(imported) {
                  const @w : f32[32, 16, 3, 3]
                  func @f(%x: f32[n, 16, 9, 9]) -> (y: f32[n, 32, 4, 4], z: f32[n, 32, 7, 7]) {
                    %0 = conv(%x, @w) {stride: [2, 2]} : f32[n, 32, 4, 4] "conv"
                    %1 = conv(%x, @w) : f32[n, 32, 7, 7] "winograd"
                    return %0, %1
                  }
                }
                """)
        conv.setConstant(Constant(key: "w", draw.floats([32, 16, 3, 3], -0.2...0.2)))
        let calls = (0..<2).map { _ in CallRecorder.Call("f", ["x": draw.floats([1, 16, 9, 9])]) }
        let known = try InputCalibrator(conv, observer: .minMax, movesScales: false, halfRange: true).run(
            PrecisionPolicy(.int8Static), calls)
        let lowered = try PassManager.run(conv, [.clean, try #require(known.pipeline(halfRange: true)), .lower()]).module
        // Four times the products would be slower there.
        let kinds = try #require(lowered.function("f")).nodes.filter { $0.name == "conv" || $0.name == "winograd" }.map {
            "\($0.name) \($0.opName)"
        }
        #expect(kinds.contains("conv integer_conv") && kinds.contains("winograd quantized_conv"))
        let taps = try #require(lowered.constants.values.first { $0.type == TensorType(.i8, [32, 144]) }?.tensor)
        #expect(taps.bytes.buffer.withMemoryRebound(to: Int8.self) { tk_is_half_range($0.baseAddress, 32, 144) } != 0)
        let clean = try PassManager.run(conv, .clean).module
        #expect(try OutputComparison.of(Plan(clean), Plan(lowered), calls, most: 2).outputs.allSatisfy { $0.sqnr > 25 })
    }

    /// Layers that nothing reached are rounded as they come.
    @Test func withoutCallsRowsAreRounded() throws {
        let pipeline = try #require(PrecisionPolicy(.int8Static).pipeline(halfRange: false))
        let graph = try #require(try PassManager.run(module, [.clean, pipeline]).module.function("f"))
        #expect(graph.nodes.filter { $0.op is DynamicQuantize }.count == 2)
    }

    private func histogram(_ values: [Float]) -> InputHistogram {
        var histogram = InputHistogram()
        values.withUnsafeBufferPointer { histogram.add($0) }
        return histogram
    }

    @Test func observersCutWhatIsFarOut() {
        // A bell, and one value far beyond it.
        var bell: [Float] = []
        for index in 0..<20_000 {
            var sum: Float = 0
            for part in 0..<6 { sum += Float((index * 7919 + part * 104_729) % 1000) / 1000 - 0.5 }
            bell.append(sum)
        }
        var seen = InputHistogram()
        for _ in 0..<100 { bell.withUnsafeBufferPointer { seen.add($0) } }
        [100].withUnsafeBufferPointer { seen.add($0) }
        var ranges: [Observer: PrecisionPolicy.InputRange] = [:]
        for observer in Observer.allCases { ranges[observer] = observer.range(of: seen) }
        #expect(ranges[.minMax]?.high == 100)
        for observer in [Observer.percentile, .mse, .entropy] {
            #expect(ranges[observer].map { $0.high < 60 && $0.low < -0.5 } == true, "\(observer): \(String(describing: ranges[observer]))")
        }
    }

    @Test func histogramsWidenAsValuesCome() {
        var histogram = InputHistogram()
        for values: [Float] in [[0, 0], [0.5, -0.25], [.nan, .infinity], [300, -7], [1e-30]] {
            values.withUnsafeBufferPointer { histogram.add($0) }
        }
        #expect(histogram.count == 7 && histogram.low == -7 && histogram.high == 300)
        let mean = histogram.counts.enumerated().reduce(0.0) { $0 + $1.element * Double(histogram.middle($1.offset)) }
        #expect(abs(mean - (300 - 7 + 0.25)) < 3)
        #expect(self.histogram([1e-44]).count == 1 && self.histogram([.greatestFiniteMagnitude]).count == 1)
    }

    /// Layers that saw nothing but zeros, or no numbers, are rounded as they come; zeros say nothing about where to cut.
    @Test func silentLayersHaveNoRange() throws {
        for value in [Float(0), .nan, .infinity, 1e-41] {
            let silent = [CallRecorder.Call("f", ["x": Tensor([Float](repeating: value, count: 128), [2, 64])])]
            var module = self.module
            for key in ["g", "h"] { module.setConstant(Constant(key: key, Tensor([Float](repeating: 0, count: 64), [64]))) }
            let known = try InputCalibrator(module, observer: .mse, movesScales: true, halfRange: false)
                .run(PrecisionPolicy(.int8Static), silent)
            #expect(known.inputRanges.isEmpty && known.migrations.isEmpty, "\(value): \(known.inputRanges)")
        }
        var (plain, padded) = (InputHistogram(), InputHistogram())
        let values = (1...4000).map { Float($0 % 97) / 50 }
        values.withUnsafeBufferPointer { plain.add($0) }
        (values.flatMap { [$0, 0, 0, .nan] }).withUnsafeBufferPointer { padded.add($0) }
        for observer in [Observer.mse, .entropy] { #expect(observer.range(of: plain) == observer.range(of: padded)) }
    }

    /// A budget measures layers as they would be, ranges and groups included.
    @Test func budgetsSeeWhatCalibrationFound() throws {
        var policy = try InputCalibrator(module, observer: .minMax, movesScales: false, halfRange: false)
            .run(PrecisionPolicy(.int8Static), calls)
        // The range of the second layer is far too narrow.
        policy.inputRanges["u"] = PrecisionPolicy.InputRange(-1e-3, 1e-3)
        let mixed = try MixedPrecision(module, policy, halfRange: false, raisingTo: .f32, calls)
        #expect(try mixed.candidates().first?.node == "out")
    }

    @Test func rangesHoldZero() {
        #expect(PrecisionPolicy.InputRange(2, 4).zero == 0 && PrecisionPolicy.InputRange(-4, -2).zero == 255)
        #expect(!PrecisionPolicy.InputRange(0, 0).isUsable && PrecisionPolicy.InputRange(-1, 1).isUsable)
        #expect((127...128).contains(PrecisionPolicy.InputRange(-1, 1).zero))
        let huge = PrecisionPolicy.InputRange(-.greatestFiniteMagnitude, .greatestFiniteMagnitude)
        #expect(huge.isUsable && (127...128).contains(huge.zero))
    }
}
