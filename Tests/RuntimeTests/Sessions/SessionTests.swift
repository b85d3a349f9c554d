import IR
import Passes
import Runtime
import TestSupport
import Testing

@Suite struct SessionTests {
    private static func near(_ a: Tensor?, _ b: Tensor?) -> Bool {
        guard let a, let b else { return false }
        return mismatch(a, b, [Double](repeating: 2e-5, count: b.count)) == nil
    }

    @Test func symbolsAreBoundAnewForEachRun() throws {
        let module = try Functions.residual()
        let session = Session(try Plan(module))
        var draw = SampleTensors(seed: 61)
        for (b, n) in [(1, 4), (3, 9), (2, 1), (1, 4), (5, 17), (0, 3), (2, 0), (1, 4)] {
            let inputs = ["x": draw.floats([b, n, 8])]
            let expected = try Interpreter.run(module, "main", inputs)["y"]
            #expect(SessionTests.near(try session.run("main", inputs)["y"], expected), "\(b) × \(n)")
        }
    }

    @Test func wrongInputsAreRefused() throws {
        let session = Session(try Plan(try Functions.residual()))
        var draw = SampleTensors(seed: 62)
        let x = draw.floats([1, 2, 8])
        #expect(throws: RuntimeError.self) { try session.run("other", ["x": x]) }
        #expect(throws: RuntimeError.self) { try session.run("main", [:]) }
        #expect(throws: RuntimeError.self) { try session.run("main", ["x": x, "z": x]) }
        #expect(throws: BindingError.self) { try session.run("main", ["x": draw.floats([1, 2, 9])]) }
        #expect(throws: BindingError.self) { try session.run("main", ["x": draw.floats([2, 8])]) }
        #expect(throws: BindingError.self) { try session.run("main", ["x": draw.integers([1, 2, 8])]) }
        #expect(throws: BindingError.self) { try session.run("main", ["x": x], binding: ["n": 3]) }
        #expect((try? session.run("main", ["x": x])) != nil)
    }

    @Test func namesOfWhatIsMissingAreGiven() throws {
        let session = Session(try Plan(try Functions.residual()))
        let missing = #expect(throws: RuntimeError.self) { try session.run("main", [:]) }
        #expect(missing?.description.contains("'x'") == true)
        let unknown = #expect(throws: RuntimeError.self) { try session.run("other", [:]) }
        #expect(unknown?.description.contains("main") == true)
    }

    @Test func unboundSymbolsAreNamed() throws {
        let module = try Module.main { graph in
            try graph.addOutput("y", graph.apply(Iota(size: .symbol("m")), [ValueID](), name: "positions"))
        }
        let session = Session(try Plan(module))
        let error = #expect(throws: (any Error).self) { try session.run("main", [:]) }
        #expect(error.map { "\($0)" }?.contains("'m'") == true)
        #expect(try session.run("main", [:], binding: ["m": 3])["y"] == Tensor(integers: [0, 1, 2], [3]))
        #expect(throws: (any Error).self) { try session.run("main", [:], binding: ["m": -1]) }
        #expect(throws: (any Error).self) { try session.run("main", [:], binding: ["m": 1 << 47]) }
    }

    @Test(arguments: [-1, 5, Int.max, Int.min])
    func idsOutsideTheTableNameTheNode(_ id: Int) throws {
        let module = try Module.main { graph in
            let table = try graph.addInput("table", TensorType(.f32, [5, 3]))
            let ids = try graph.addInput("ids", TensorType(.i64, [.symbol("n")]))
            try graph.addOutput("y", graph.apply(Gather(), [table, ids], name: "token_embedding"))
        }
        let session = Session(try Plan(module))
        let inputs = ["table": Tensor(zeros: .f32, [5, 3]), "ids": Tensor(integers: [0, 4, id], [3])]
        let error = #expect(throws: RuntimeError.self) { try session.run("main", inputs) }
        #expect(error?.description.contains("token_embedding") == true && error?.description.contains("number 2") == true)
    }

    @Test func outputsMayBeInputsConstantsAndViews() throws {
        var draw = SampleTensors(seed: 63)
        let (x, c) = (draw.floats([3, 5]), draw.floats([2]))
        let module = try Module.main(
            { graph in
                let input = try graph.addInput("x", x.type)
                let turned = try graph.apply(Transpose([1, 0]), [input], name: "turn")
                try graph.addOutput("same", input)
                try graph.addOutput("again", input)
                try graph.addOutput("fixed", graph.constant("c", c.type))
                try graph.addOutput("turned", turned)
                try graph.addOutput("first", graph.apply(Slice(axis: 0, start: 0, end: 2), [turned], name: "cut"))
            }, constants: ["c": c])
        let results = try Session(try Plan(module)).run("main", ["x": x])
        #expect(results == (try Interpreter.run(module, "main", ["x": x])))
        #expect(results["same"]?.bytes.pointer != x.bytes.pointer)
    }

    @Test func oneValueMayBeTwoOutputsAndReadOn() throws {
        var draw = SampleTensors(seed: 64)
        let x = draw.floats([4, 6])
        let module = try Module.main { graph in
            let input = try graph.addInput("x", x.type)
            let value = try graph.apply(Unary<Neg>(), [input], name: "value")
            let flat = try graph.apply(Reshape([24]), [value], name: "flat")
            try graph.addOutput("a", value)
            try graph.addOutput("b", value)
            try graph.addOutput("flat", flat)
            try graph.addOutput("more", graph.apply(Unary<Abs>(), [value], name: "more"))
        }
        let results = try Session(try Plan(module)).run("main", ["x": x])
        #expect(results == (try Interpreter.run(module, "main", ["x": x])))
    }

    @Test func anIdentityFunctionRunsUnderAnObserver() throws {
        let module = try Module.main { graph in
            try graph.addOutput("y", graph.addInput("x", TensorType(.i64, [.symbol("n")])))
        }
        let session = Session(try Plan(module))
        var nodes: [String] = []
        session.observer = { _, node, _, _ in nodes.append(node) }
        let x = Tensor(integers: [4, 5], [2])
        #expect(try session.run("main", ["x": x]) == ["y": x])
        #expect(nodes == ["outputs"])
    }

    @Test func constantsMustFitTheirTypes() throws {
        let type = TensorType(.f32, [4])
        let write: (inout Graph) throws -> Void = { try $0.addOutput("y", $0.constant("c", type)) }
        var module = try Module.main(write)
        module.setConstant(Constant(key: "c", type: type, bytes: nil))
        #expect(throws: RuntimeError.self) { try Plan(module) }
        module.setConstant(Constant(key: "c", type: type, bytes: ByteSlice(Bytes(zeroed: 12))))
        let error = #expect(throws: RuntimeError.self) { try Plan(module) }
        #expect(error?.description.contains("@c") == true)
        module.setConstant(Constant(key: "c", type: type, bytes: ByteSlice(Bytes(zeroed: 16))))
        #expect(try Session(Plan(module)).run("main", [:])["y"] == Tensor(zeros: .f32, [4]))
    }

    @Test func packedElementsPassThrough() throws {
        let x = Tensor(integers: [1, -2, 7, -8, 3, 0], [2, 3], as: .i4)
        let module = try Module.main { graph in
            let input = try graph.addInput("x", x.type)
            let turned = try graph.apply(Transpose([1, 0]), [input], name: "turn")
            try graph.addOutput("same", input)
            try graph.addOutput("flat", graph.apply(Reshape([6]), [turned], name: "flat"))
            try graph.addOutput("wide", graph.apply(Cast(to: .f32), [turned], name: "wide"))
        }
        #expect(try Session(Plan(module)).run("main", ["x": x]) == Interpreter.run(module, "main", ["x": x]))
    }

    /// The observer runs between steps, so that it can cancel the task it runs in.
    @Test func aCancelledRunStopsBetweenSteps() async throws {
        let module = try Functions.residual()
        let steps = await Task { () -> Int in
            guard let plan = try? Plan(module) else { return -1 }
            let session = Session(plan)
            var steps = 0
            session.observer = { _, _, _, _ in
                steps += 1
                withUnsafeCurrentTask { $0?.cancel() }
            }
            #expect(throws: CancellationError.self) { try session.run("main", ["x": Tensor(zeros: .f32, [1, 2, 8])]) }
            return steps
        }.value
        #expect(steps == 1)
    }

    @Test func sessionsOfOnePlanRunSideBySide() async throws {
        let module = try Functions.transformer(width: 32)
        let plan = try Plan(module)
        let expected = try (0..<4).map { try Session(plan).run("main", SessionTests.batch($0)) }
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<4 {
                group.addTask {
                    let session = Session(plan)
                    return (0..<10).allSatisfy { round in
                        let number = (index + round) % 4
                        return (try? session.run("main", SessionTests.batch(number))) == expected[number]
                    }
                }
            }
            for await same in group { #expect(same) }
        }
    }

    private static func batch(_ number: Int) -> [String: Tensor] {
        var draw = SampleTensors(seed: UInt64(70 + number))
        return ["x": draw.floats([1, 3 + 5 * number, 32])]
    }

    @Test func fusedOperatorsRun() throws {
        let module = try Functions.transformer(width: 32)
        var imported = module
        imported.stage = .clean
        let clean = try PassManager.run(imported, .clean).module
        let names = clean.functions.flatMap { $0.nodes.map(\.opName) }
        #expect(names.contains("fused_linear"))
        let inputs = SessionTests.batch(2)
        let results = try Session(try Plan(clean)).run("main", inputs)
        #expect(SessionTests.near(results["y"], try Interpreter.run(module, "main", inputs)["y"]))
    }

    /// One filter at sizes that choose other algorithms, in every type of weights.
    @Test(arguments: [DType.f32, .bf16, .i8])
    func filtersServeEveryAlgorithm(_ type: DType) throws {
        let unit = type == .i8 ? 1.0 : 1.0 / 256
        let values: [Double] = (0..<73728).map { (index: Int) -> Double in Double(index * 37 % 255 - 127) * unit }
        let filter = Tensor(values, [512, 16, 3, 3], as: type)
        let op = type == .i8 ? "quantized_conv(%x, @w, @s)" : "conv(%x, @w)"
        var module = try Module(
            parsing: """
                module @m stage(clean) {
                  const @w : \(type.rawValue)[512, 16, 3, 3]\(type == .i8 ? "\n  const @s : f32[512]" : "")
                  func @main(%x: f32[1, 16, h, h]) -> (y: f32[1, 512, h, h]) {
                    %0 = \(op) {padding: [1, 1, 1, 1]} : f32[1, 512, h, h]
                    return %0
                  }
                }
                """)
        module.setConstant(Constant(key: "w", filter))
        if type == .i8 { module.setConstant(Constant(key: "s", Tensor([Float](repeating: 1 / 256, count: 512), [512]))) }
        let session = Session(try Plan(module))
        for side in [2, 6, 16, 2] {
            // Of few bits: rounding to bf16, as AMX does where weights are narrow, does not change them.
            let pixels: [Float] = (0..<16 * side * side).map { (index: Int) -> Float in Float(index % 23) / 32 - 0.5 }
            let x = Tensor(pixels, [1, 16, side, side])
            let expected = try Interpreter.run(module, "main", ["x": x])
            let actual = try session.run("main", ["x": x])
            let (got, wanted) = (try #require(actual["y"]).floats, try #require(expected["y"]).floats)
            #expect(got.count == wanted.count && zip(got, wanted).allSatisfy { abs($0 - $1) < 2e-4 }, "\(side)")
        }
    }
}
