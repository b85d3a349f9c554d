import IR
import Passes
import Runtime
import TestSupport
import Testing

@testable import Calibration

/// Weights rounded for what they are multiplied by.
@Suite struct CalibrationTests {
    private static let depth = 96

    /// Two layers, of which the second sees activations that go together.
    private static let text = """
        module @case stage(imported) {
          const @w : f32[64, 96]
          const @v : f32[128, 64]
          const @unread : f32[64, 96]
          func @f(%x: f32[b, n, 96]) -> (y: f32[b, n, 128]) {
            %0 = linear(%x, @w) : f32[b, n, 64] "first"
            %1 = relu(%0) : f32[b, n, 64] "relu"
            %2 = linear(%1, @v) : f32[b, n, 128] "second"
            return %2
          }
          func @g(%x: f32[n, 96]) -> (y: f32[n, 64]) {
            %0 = linear(%x, @unread) : f32[n, 64] "unseen"
            return %0
          }
        }
        """

    private let module: Module
    private let calls: [CallRecorder.Call]

    init() throws {
        var draw = SampleTensors(seed: 11)
        var module = try Module(parsing: Self.text)
        for (key, shape) in [("w", [64, 96]), ("v", [128, 64]), ("unread", [64, 96])] {
            module.setConstant(Constant(key: key, draw.floats(shape, -0.2...0.2)))
        }
        self.module = module
        // Inputs of few directions, as those of real models.
        let directions = draw.floats([12, 96]).floats
        calls = (0..<3).map { _ in
            let weights = draw.floats([40, 12]).floats
            var x = [Float](repeating: 0, count: 40 * 96)
            for index in x.indices {
                for direction in 0..<12 { x[index] += weights[index / 96 * 12 + direction] * directions[direction * 96 + index % 96] }
                x[index] += Float(index % 7) * 0.01
            }
            return CallRecorder.Call("f", ["x": Tensor(x, [2, 20, 96])])
        }
    }

    /// What a function gives for the calls is nearer to f32, on each layer and at the end, than with weights rounded to the nearest.
    @Test(arguments: [Precision.int8, .int4, .bf16], [false, true]) func roundingForTheInputsIsBetter(precision: Precision, halfRange: Bool)
        throws
    {
        let policy = PrecisionPolicy(precision)
        let result = try Calibrator(module, policy, halfRange: halfRange).run(calls)
        #expect(result.layers.map(\.node) == ["first", "second", "unseen"])
        #expect(result.layers.map(\.calls) == [3, 3, 0])
        for layer in result.layers.prefix(2) { #expect(layer.sqnr > layer.nearestSQNR + 2, "\(layer)") }
        #expect(result.layers[2].sqnr == result.layers[2].nearestSQNR && result.layers[2].sqnr > 10)

        func accuracy(_ policy: PrecisionPolicy) throws -> OutputAccuracy {
            let pipelines = [.clean] + [policy.pipeline(halfRange: halfRange)].compactMap { $0 }
            let plan = try Plan(PassManager.run(module, pipelines).module)
            let reference = try Plan(PassManager.run(module, [.clean]).module)
            return try #require(try OutputComparison.of(reference, plan, calls, most: 10).outputs.first)
        }
        var calibrated = policy
        calibrated.rounded = result.rounded
        let (better, nearest) = (try accuracy(calibrated), try accuracy(policy))
        #expect(better.function == "f" && better.output == "y" && better.calls == 3)
        #expect(better.sqnr > nearest.sqnr, "\(better.sqnr) \(nearest.sqnr)")
    }

    /// The sums over rows that a tapped function gives are those of a loop.
    @Test func secondMoments() throws {
        let clean = try PassManager.run(module, [.clean]).module
        let tapped = try #require(try TappedFunction(clean, "f", ["w"]))
        #expect(tapped.weights.values.map { $0 } == [["w"]])
        let results = try Session(Plan(tapped.module)).run("f", calls[0].inputs)
        let name = try #require(tapped.weights.keys.first)
        let moments = try #require(results[name])
        let x = try #require(calls[0].inputs["x"]).doubles
        for (row, column) in [(0, 0), (3, 90), (95, 17)] {
            let sum = (0..<40).reduce(0.0) { $0 + x[$1 * 96 + row] * x[$1 * 96 + column] }
            #expect(abs(moments.doubles[row * 96 + column] - sum) < 1e-3 * max(abs(sum), 1))
        }
        #expect(try TappedFunction(clean, "f", ["unread"]) == nil)
        #expect(try TappedFunction(clean, "none", ["w"]) == nil)
    }

    /// Integers of two weights by hand: the second makes up for the first.
    @Test func errorsAreMadeUpFor() throws {
        var moments = SecondMoments(depth: 2)
        // Both inputs are always the same, so that only the sum of the weights counts.
        moments.add(Tensor([1, 1, 1, 1], [2, 2]))
        let factor = try #require(moments.inverseFactor())
        let made = try #require(ErrorCompensation(depth: 2, factor: factor).rounded([127, 0.4, 126.6, 127], .full))
        #expect(made.scales == [1, 1])
        // 0.4 stays 0, for 127 was exact; 126.6 became 127, which takes 0.4 from the next.
        #expect(made.levels == [127, 0, 127, 127])
        let coarse = try #require(ErrorCompensation(depth: 2, factor: factor).rounded([63.4, 127, 127, 63.4], .full))
        #expect(coarse.levels[0] == 63 && coarse.levels[1] == 127)
        #expect(abs(moments.energy(of: [3, 4]) - 49) < 1e-9)
    }

    @Test func weightsThatAreNotFiniteAreRoundedToTheNearest() throws {
        var damaged = module
        var values = try #require(module.constants["w"]?.tensor).floats
        values[5] = .nan
        damaged.setConstant(Constant(key: "w", Tensor(values, [64, 96])))
        for precision in [Precision.int8, .int4] {
            let result = try Calibrator(damaged, PrecisionPolicy(precision), halfRange: false).run(calls)
            let layer = try #require(result.layers.first { $0.node == "first" })
            #expect(layer.sqnr == 0 && layer.nearestSQNR == 0)
            // As the rule alone makes them.
            let key = precision == .int8 ? "w#i8" : "w#i4"
            let plain = try PassManager.run(damaged, [.clean, .precision(precision)]).module
            let expected = try #require(plain.constants[key]?.bytes)
            #expect(result.rounded[key]?.levels.bytes.elementsEqual(expected) == true)
        }
    }

    @Test func inputsThatAreAlwaysZero() throws {
        let silent = calls.map { CallRecorder.Call($0.function, ["x": Tensor(zeros: .f32, [2, 20, 96])]) }
        let result = try Calibrator(module, PrecisionPolicy(.int4), halfRange: false).run(silent)
        for layer in result.layers { #expect(layer.sqnr == layer.nearestSQNR) }
        // One input of many.
        let partly = calls.map { call in
            var x = call.inputs["x"]?.floats ?? []
            for index in stride(from: 4, to: x.count, by: 96) { x[index] = 0 }
            return CallRecorder.Call("f", ["x": Tensor(x, [2, 20, 96])])
        }
        let first = try #require(try Calibrator(module, PrecisionPolicy(.int4), halfRange: false).run(partly).layers.first)
        #expect(first.sqnr > first.nearestSQNR + 2)
    }

    @Test func theSameCallsGiveTheSameIntegers() throws {
        func levels() throws -> [ByteSlice?] {
            let result = try Calibrator(module, PrecisionPolicy(.int4), halfRange: false).run(calls)
            return ["w#i4", "v#i4"].map { result.rounded[$0]?.levels.bytes }
        }
        let (a, b) = (try levels(), try levels())
        for (one, other) in zip(a, b) {
            let (one, other) = (try #require(one), try #require(other))
            #expect(one.elementsEqual(other))
        }
    }

    /// One weight beyond what sums of squares hold, and a layer that gives nothing.
    @Test(arguments: [Precision.int8, .int4]) func hugeWeightsAndSilentLayers(precision: Precision) throws {
        var odd = module
        var values = try #require(module.constants["w"]?.tensor).floats
        values[7] = 1e38
        odd.setConstant(Constant(key: "w", Tensor(values, [64, 96])))
        odd.setConstant(Constant(key: "v", Tensor(zeros: .f32, [128, 64])))
        let result = try Calibrator(odd, PrecisionPolicy(precision), halfRange: false).run(calls)
        #expect(result.layers.count == 3 && result.layers.allSatisfy { abs($0.sqnr) <= 200 && abs($0.nearestSQNR) <= 200 })
        // Inputs that a layer does not look at: its results are 0, those of rounded weights nearly so.
        let blind = (0..<64 * 96).map { Float($0 % 96 == 4 ? 1 : $0 % 96 == 5 ? 0.001 : 0) }
        odd.setConstant(Constant(key: "w", Tensor(blind, [64, 96])))
        let silent = calls.map { call in
            var x = call.inputs["x"]?.floats ?? []
            for index in x.indices where [4, 5].contains(index % 96) { x[index] = 0 }
            return CallRecorder.Call("f", ["x": Tensor(x, [2, 20, 96])])
        }
        let layers = try Calibrator(odd, PrecisionPolicy(precision), halfRange: false).run(silent).layers
        #expect(layers.allSatisfy { abs($0.sqnr) <= 200 && abs($0.nearestSQNR) <= 200 })
    }

    @Test func overridesDecide() throws {
        let policy = PrecisionPolicy(
            .f32, overrides: [.init(NamePattern("first"), .int4), .init(NamePattern("second"), .w8)])
        let result = try Calibrator(module, policy, halfRange: true).run(calls)
        #expect(result.layers.map { [$0.node, $0.scheme] } == [["first", "int4"], ["second", "w8"]])
        #expect(result.rounded["w#i4"] != nil && result.rounded["v#i8"] != nil)
    }

    @Test func theRecorderKeepsWithinItsBounds() {
        let recorder = CallRecorder(callsOfEach: 2, bytes: 100)
        for index in 0..<4 { recorder.record("f", ["x": Tensor([Float(index)], [1])]) }
        recorder.record("g", ["x": Tensor([Float](repeating: 0, count: 50), [50])])
        recorder.record("g", ["x": Tensor([Float](repeating: 0, count: 5), [5])])
        #expect(recorder.calls.map(\.function) == ["f", "f", "g"])
        #expect(recorder.calls.map { $0.inputs["x"]?.count } == [1, 1, 5])
        #expect(CallRecorder.spread(recorder.calls, most: 2).map(\.function) == ["f", "f"])
        #expect(CallRecorder.spread(recorder.calls, most: 1).count == 1 && CallRecorder.spread(recorder.calls, most: 9).count == 3)
    }

    @Test func comparisons() throws {
        var comparison = OutputComparison()
        comparison.add(
            "f", reference: ["y": Tensor([3, 4], [2]), "n": Tensor(integers: [1, 2], [2])],
            other: ["y": Tensor([3, 4.5], [2]), "n": Tensor(integers: [1, 2], [2])])
        comparison.add("f", reference: ["y": Tensor([0, 5], [2])], other: ["y": Tensor([0, 5], [1, 2])])
        let outputs = comparison.outputs
        #expect(outputs.map(\.output) == ["n", "y"] && outputs.map(\.calls) == [1, 1])
        #expect(outputs[0].sqnr == 200 && outputs[0].equal == 1 && abs(outputs[0].cosine - 1) < 1e-12)
        #expect(abs(outputs[1].sqnr - 20) < 1e-9 && outputs[1].max == 0.5 && outputs[1].equal == 0.5)
        #expect(abs(outputs[1].cosine - 27 / (5 * 29.25.squareRoot())) < 1e-9)
    }
}

/// Which layers get more than the rest.
@Suite struct MixedPrecisionTests {
    /// Three layers, of which the one in the middle is multiplied by values that 4 bits are too coarse for.
    private let module: Module
    private let calls: [CallRecorder.Call]

    init() throws {
        var draw = SampleTensors(seed: 4)
        var module = try Module(
            parsing: """
                module @case stage(imported) {
                  const @a : f32[64, 64]
                  const @b : f32[64, 64]
                  const @c : f32[64, 64]
                  func @f(%x: f32[n, 64]) -> (y: f32[n, 64], code: i64[n]) {
                    %0 = linear(%x, @a) : f32[n, 64] "a"
                    %1 = linear(%0, @b) : f32[n, 64] "b"
                    %2 = linear(%1, @c) : f32[n, 64] "c"
                    %3 = arg_max(%1) {axis: -1} : i64[n] "code"
                    return %2, %3
                  }
                }
                """)
        for key in ["a", "b", "c"] {
            var values = draw.floats([64, 64], -0.1...0.1).floats
            // In each group one weight is so large that the others vanish.
            if key == "b" { for index in stride(from: 5, to: values.count, by: 32) { values[index] = 3 } }
            module.setConstant(Constant(key: key, Tensor(values, [64, 64])))
        }
        self.module = module
        calls = (0..<2).map { _ in CallRecorder.Call("f", ["x": draw.floats([30, 64])]) }
    }

    private func mixed(_ precision: Precision, _ raised: LayerScheme) throws -> MixedPrecision {
        try MixedPrecision(module, PrecisionPolicy(precision), halfRange: false, raisingTo: raised, calls)
    }

    @Test func theWorstIsRaisedFirst() throws {
        let mixed = try mixed(.int4, .w8)
        let ranked = try mixed.candidates()
        #expect(ranked.first?.node == "b" && ranked.count == 3)
        #expect(zip(ranked, ranked.dropFirst()).allSatisfy { $0.damage >= $1.damage })
        // Room for one layer of 64 × 64.
        let one = try mixed.spend(.bytes(3000)) { $0 == .int4 ? 0.5 : 1 }
        #expect(one.raised == ["b"] && one.of == 3)
        #expect(try mixed.spend(.bytes(100)) { $0 == .int4 ? 0.5 : 1 }.raised.isEmpty)
        #expect(try mixed.spend(.bits(8)) { $0 == .int4 ? 0.5 : 1 }.raised.count == 3)
        #expect(try mixed.spend(.bits(5.4)) { $0 == .int4 ? 0.5 : 1 }.raised.count == 1)
    }

    /// How fast layers are depends on the machine; what follows at the ends does not.
    @Test func speedThatIsThereAnyway() throws {
        let mixed = try mixed(.int8, .f32)
        let all = try mixed.search(speedup: 1)
        #expect(all.raised.count == 3 && all.of == 3 && all.error == 0 && abs((all.speedup ?? 0) - 1) < 1e-6)
        let fastest = try mixed.search()
        #expect(fastest.raised.count <= 3 && (fastest.speedup ?? 0) >= 1)
        #expect(throws: CalibrationError.self) { try mixed.search(speedup: 900) }
    }

    @Test func layersAreNotMeasuredWhereAllIsWell() throws {
        var mixed = try mixed(.int4, .f32)
        mixed.onProgress = { _ in Issue.record("a layer was measured") }
        let found = try mixed.search(error: 1)
        #expect(found.raised.isEmpty && found.of == 3 && found.error > 0)
    }

    @Test func asFewAsSuffice() throws {
        let mixed = try mixed(.int4, .f32)
        let (none, all) = (try mixed.search(error: 1), try mixed.search(error: 1e-6))
        #expect(none.raised.isEmpty && none.error > 0)
        #expect(all.raised.count == 3 && all.error == 0)
        let some = try mixed.search(error: none.error * 0.7)
        #expect((1...2).contains(some.raised.count) && some.error <= none.error * 0.7)
        #expect(some.raised.allSatisfy { name in some.policy.overrides.contains { $0.pattern.description == name && $0.scheme == .f32 } })
    }

    @Test func whatCannotBeReachedIsSaid() throws {
        let mixed = try mixed(.int4, .w8)
        #expect(throws: CalibrationError.self) { try mixed.search(error: 1e-9) }
    }
}
