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
