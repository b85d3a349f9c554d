import IR
import TestSupport
import Testing

@testable import Runtime

/// Results that are handed on while a run goes on.
@Suite struct HandoverTests {
    /// A chain of layers, of which each gives a result of its own as large as its weight.
    private func layers(_ count: Int) throws -> Module {
        try .main { graph in
            var x = try graph.addInput("x", TensorType(.f32, [64, 64]))
            for layer in 0..<count {
                let weight = try graph.addInput("w\(layer)", TensorType(.f32, [64, 64]))
                let product = try graph.apply(MatMul(), [x, weight], name: "product")
                try graph.addOutput("own\(layer)", try graph.apply(MatMul(), [product, x], name: "own"))
                x = try graph.apply(Binary<Add>(), [product, weight], name: "late")
            }
            try graph.addOutput("last", x)
        }
    }

    private func inputs(_ count: Int) -> [String: Tensor] {
        var draw = SampleTensors(seed: 12)
        return Dictionary(uniqueKeysWithValues: (["x"] + (0..<count).map { "w\($0)" }).map { ($0, draw.floats([64, 64], -0.1...0.1)) })
    }

    @Test func eachIsHandedOnOnceWithItsOwnContent() throws {
        let (module, inputs) = (try layers(6), inputs(6))
        var expected = try Session(Plan(module)).run("main", inputs)
        let session = Session(try Plan(module))
        var taken: [String: Tensor] = [:]
        var order: [String] = []
        let handing = Handing(uniqueKeysWithValues: (0..<6).map { ("own\($0)", nil) })
        let results = try session.run("main", inputs, handing: handing) { name, tensor in
            order.append(name)
            taken[name] = StateTensor(tensor).snapshot()
        }
        #expect(order == (0..<6).map { "own\($0)" })
        #expect(results == ["last": expected["last"]])
        expected["last"] = nil
        #expect(taken == expected)
    }

    @Test func theirMemoryIsUsedAgain() throws {
        let bytes = 64 * 64 * 4
        let peaks = try [3, 12].map { count in
            let session = Session(try Plan(layers(count)))
            _ = try session.run("main", inputs(count), handing: Handing(uniqueKeysWithValues: (0..<count).map { ("own\($0)", nil) })) {
                _, _ in
            }
            return session.peakArenaBytes
        }
        #expect(peaks[1] <= peaks[0] + bytes)
    }

    /// Whoever takes a result may change the input that it waits for: nobody reads it any more.
    @Test func inputsMayChangeOnceTheyAreRead() throws {
        let (module, inputs) = (try layers(4), inputs(4))
        let expected = try Session(Plan(module)).run("main", inputs)
        let states = inputs.filter { $0.key != "x" }.mapValues { StateTensor($0) }
        var given = inputs
        for (key, state) in states { given[key] = state.view }
        var taken: [String: Tensor] = [:]
        let handing = Handing(uniqueKeysWithValues: (0..<4).map { ("own\($0)", .some("w\($0)")) })
        var results = try Session(Plan(module)).run("main", given, handing: handing) { name, tensor in
            taken[name] = StateTensor(tensor).snapshot()
            states["w" + name.dropFirst(3)]?.replace(by: Tensor([Float](repeating: .nan, count: 64 * 64), [64, 64]))
        }
        results.merge(taken) { $1 }
        #expect(results == expected)
    }

    /// Inputs, constants, views and values that are two results are handed on as copies.
    @Test func anyValueMayBeHandedOn() throws {
        let module = try Module.main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [2, 3]))
                let k = try graph.constant("k", TensorType(.f32, [2]))
                let turned = try graph.apply(Transpose([1, 0]), [x], name: "turned")
                try graph.addOutput("input", x)
                try graph.addOutput("constant", k)
                try graph.addOutput("turned", turned)
                let sum = try graph.apply(Binary<Add>(), [turned, k], name: "sum")
                try graph.addOutput("sum", sum)
                try graph.addOutput("again", sum)
                try graph.addOutput("kept", sum)
            }, constants: ["k": Tensor([1, 2], [2])])
        let inputs = ["x": Tensor([1, 2, 3, 4, 5, 6], [2, 3])]
        let expected = try Session(Plan(module)).run("main", inputs)
        var taken: [String: Tensor] = [:]
        let names = ["input", "constant", "turned", "sum", "again"]
        let results = try Session(Plan(module)).run("main", inputs, handing: Handing(uniqueKeysWithValues: names.map { ($0, nil) })) {
            taken[$0] = StateTensor($1).snapshot()
        }
        #expect(taken.merging(results) { $1 } == expected && results.keys.sorted() == ["kept"])
    }

    @Test func errorsOfWhoTakesEndTheRun() throws {
        let session = Session(try Plan(layers(2)))
        #expect(throws: CancellationError.self) {
            try session.run("main", inputs(2), handing: ["own0": nil]) { _, _ in throw CancellationError() }
        }
        #expect(try session.run("main", inputs(2)).count == 3)
    }
}
