import IR
import Runtime
import TestSupport
import Testing

/// Memory that runs change in place.
@Suite struct StateTests {
    /// Appends `new` to a cache of eight rows; what else is read of the cache, `body` writes.
    private func cache(_ body: (inout Graph, _ old: ValueID, _ new: ValueID) throws -> Void) throws -> Module {
        try .main { graph in
            let old = try graph.addInput("cache", TensorType(.f32, [8, 3]))
            let update = try graph.addInput("new", TensorType(.f32, [.symbol("n"), 3]))
            let position = try graph.addInput("position", TensorType(.i64, [1]))
            let new = try graph.apply(UpdateSlice(axis: 0, offsets: [0, 0]), [old, update, position], name: "append")
            try graph.addOutput("cache", new)
            try body(&graph, old, new)
        }
    }

    /// Runs five steps with the cache as a state and with the cache fed back as an input; both must agree throughout.
    private func check(_ module: Module) throws -> [String] {
        let (inPlace, copying) = (Session(try Plan(module)), Session(try Plan(module)))
        var kernels: [String] = []
        inPlace.observer = { kernel, _, _, _ in kernels.append(kernel) }
        var draw = SampleTensors(seed: 81)
        let start = draw.floats([8, 3])
        let state = StateTensor(start)
        var copy = start
        for (position, count) in [(0, 1), (1, 3), (4, 1), (5, 3), (2, 0)] {
            let inputs = ["new": draw.floats([count, 3]), "position": Tensor(integers: [position], [1])]
            let results = try inPlace.run("main", inputs, states: ["cache": state])
            let fed = inputs.merging(["cache": copy]) { first, _ in first }
            var expected = try copying.run("main", fed)
            #expect(try expected == Interpreter.run(module, "main", fed))
            let next = expected.removeValue(forKey: "cache")
            copy = try #require(next)
            #expect(results == expected)
            #expect(state.snapshot() == copy)
        }
        return kernels
    }

    @Test func aCacheIsUpdatedInPlace() throws {
        let kernels = try check(
            cache { graph, _, new in
                try graph.addOutput("sum", graph.apply(Reduce<ReduceMax>(axes: [0], keepDims: false), [new], name: "read"))
            })
        #expect(Set(kernels) == ["update_slice", "reduce_max"])
    }

    @Test func theOldContentMayStillBeRead() throws {
        _ = try check(
            cache { graph, old, new in
                try graph.addOutput("difference", graph.apply(Binary<Sub>(), [new, old], name: "late read"))
            })
        _ = try check(cache { graph, old, _ in try graph.addOutput("old", old) })
    }

    @Test func aStateMayBeComputedAnew() throws {
        let module = try Module.main { graph in
            let old = try graph.addInput("cache", TensorType(.f32, [8, 3]))
            let new = try graph.addInput("new", TensorType(.f32, [.symbol("n"), 3]))
            _ = try graph.addInput("position", TensorType(.i64, [1]))
            let top = try graph.apply(Reduce<ReduceMax>(axes: [0], keepDims: true), [new], name: "top")
            let next = try graph.apply(Binary<Maximum>(), [graph.apply(Binary<Sub>(), [old, top], name: "shift"), top], name: "next")
            try graph.addOutput("cache", next)
            try graph.addOutput("twice", next)
        }
        _ = try check(module)
    }

    /// Of states that elementwise operators alone follow, nothing is copied, and no step needs memory: an optimizer's pass.
    @Test func elementwiseResultsAreWrittenInPlace() throws {
        let module = try Module(
            parsing: """
                module @m stage(clean) {
                  func @main(%w: f32[n], %m: f32[n], %v: f32[n], %g: f32[n], %rate: f32[]) -> (w: f32[n], m: f32[n], v: f32[n]) {
                    %0 = sub(%g, %m) : f32[n]
                    %1 = mul(%0, %rate) : f32[n]
                    %2 = add(%m, %1) : f32[n]
                    %3 = square(%g) : f32[n]
                    %4 = mul(%v, %rate) : f32[n]
                    %5 = add(%4, %3) : f32[n]
                    %6 = sqrt(%5) : f32[n]
                    %7 = add(%6, %rate) : f32[n]
                    %8 = div(%2, %7) : f32[n]
                    %9 = sub(%w, %8) : f32[n]
                    return %9, %2, %5
                  }
                }
                """)
        for count in [1, 7, 5000] {
            var draw = SampleTensors(seed: 3)
            var fed = ["g": draw.floats([count]), "rate": Tensor([0.25], [])]
            let starts = ["w": draw.floats([count]), "m": draw.floats([count]), "v": draw.floats([count], 0...1)]
            let states = starts.mapValues { StateTensor($0) }
            let session = Session(try Plan(module))
            var kernels: [String] = []
            session.observer = { kernel, _, _, _ in kernels.append(kernel) }
            #expect(try session.run("main", fed, states: states).isEmpty)
            fed.merge(starts) { $1 }
            #expect(try states.mapValues { $0.snapshot() } == Session(Plan(module)).run("main", fed))
            #expect(kernels.count == 1 && !kernels.joined().contains("copy"), "\(kernels)")
            #expect(session.peakArenaBytes == 0)
        }
    }

    /// What is written where the old content is still to be read, or element by element out of line, goes there last.
    @Test(arguments: [
        // The old content is read behind it.
        "%0 = neg(%s) : f32[2, 2]\n%1 = add(%0, %s) : f32[2, 2]\nreturn %0, %1",
        // It is a result itself.
        "%0 = neg(%s) : f32[2, 2]\nreturn %0, %s",
        // Rows of the result are made of others.
        "%0 = transpose(%s) {permutation: [1, 0]} : f32[2, 2]\n%1 = sub(%s, %0) : f32[2, 2]\n%2 = neg(%1) : f32[2, 2]\nreturn %1, %2",
        "%0 = matmul(%s, %s) : f32[2, 2]\n%1 = neg(%0) : f32[2, 2]\nreturn %0, %1",
        "%0 = linear(%s, %s, _) : f32[2, 2]\n%1 = add(%0, %s) : f32[2, 2]\nreturn %1, %0",
    ])
    func whatReadsTheOldContentGetsIt(_ body: String) throws {
        let module = try Module(
            parsing: "module @m stage(clean) {\n func @main(%s: f32[2, 2]) -> (s: f32[2, 2], other: f32[2, 2]) {\n\(body)\n}\n}")
        let start = Tensor([1, 2, 3, 5], [2, 2])
        let expected = try Interpreter.run(module, "main", ["s": start])
        let state = StateTensor(start)
        let results = try Session(Plan(module)).run("main", [:], states: ["s": state])
        #expect(state.snapshot() == expected["s"] && results == ["other": expected["other"]])
    }

    @Test func twoStatesMaySwap() throws {
        let module = try Module.main { graph in
            let (a, b) = (try graph.addInput("a", TensorType(.i64, [2])), try graph.addInput("b", TensorType(.i64, [2])))
            try graph.addOutput("a", b)
            try graph.addOutput("b", a)
        }
        let (a, b) = (StateTensor(Tensor(integers: [1, 2], [2])), StateTensor(Tensor(integers: [3, 4], [2])))
        #expect(try Session(Plan(module)).run("main", [:], states: ["a": a, "b": b]).isEmpty)
        #expect(a.snapshot().integers == [3, 4] && b.snapshot().integers == [1, 2])
    }

    @Test func chainsOfUpdatesStayInPlace() throws {
        let module = try Module.main { graph in
            var cache = try graph.addInput("cache", TensorType(.f32, [8, 3]))
            let row = try graph.addInput("new", TensorType(.f32, [1, 3]))
            let position = try graph.addInput("position", TensorType(.i64, [1]))
            for offset in 0..<3 {
                cache = try graph.apply(UpdateSlice(axis: 0, offsets: [offset, 0]), [cache, row, position], name: "\(offset)")
            }
            try graph.addOutput("cache", cache)
        }
        let session = Session(try Plan(module))
        var kernels: [String] = []
        session.observer = { kernel, _, _, _ in kernels.append(kernel) }
        let state = StateTensor(zeros: .f32, [8, 3])
        _ = try session.run(
            "main", ["new": Tensor([1, 2, 3], [1, 3]), "position": Tensor(integers: [2], [1])], states: ["cache": state])
        #expect(kernels == ["update_slice", "update_slice", "update_slice"])
        #expect(state.snapshot().floats == [Float](repeating: 0, count: 6) + [1, 2, 3, 1, 2, 3, 1, 2, 3] + [Float](repeating: 0, count: 9))
    }

    @Test(arguments: [-1, 7, Int.max, Int.min])
    func positionsOutsideAreErrors(_ position: Int) throws {
        let session = Session(try Plan(try cache { _, _, _ in }))
        let inputs = ["new": Tensor(zeros: .f32, [2, 3]), "position": Tensor(integers: [position], [1])]
        let state = StateTensor(zeros: .f32, [8, 3])
        let error = #expect(throws: RuntimeError.self) { try session.run("main", inputs, states: ["cache": state]) }
        #expect(error?.description.contains("append") == true && error?.description.contains("0...6") == true)
    }

    @Test func wrongStatesAreRefused() throws {
        let session = Session(try Plan(try cache { _, _, _ in }))
        let inputs = ["new": Tensor(zeros: .f32, [2, 3]), "position": Tensor(integers: [0], [1])]
        let state = StateTensor(zeros: .f32, [8, 3])
        #expect(throws: BindingError.self) { try session.run("main", inputs, states: ["cache": StateTensor(zeros: .f32, [7, 3])]) }
        #expect(throws: BindingError.self) { try session.run("main", inputs, states: ["cache": StateTensor(zeros: .i32, [8, 3])]) }
        #expect(throws: RuntimeError.self) { try session.run("main", inputs, states: ["cache": state, "stranger": state]) }
        #expect(throws: RuntimeError.self) {
            try session.run("main", inputs, states: ["cache": state, "new": StateTensor(zeros: .f32, [2, 3])])
        }
        #expect(throws: RuntimeError.self) {
            try session.run("main", inputs.merging(["cache": Tensor(zeros: .f32, [8, 3])]) { first, _ in first }, states: ["cache": state])
        }
    }
}
