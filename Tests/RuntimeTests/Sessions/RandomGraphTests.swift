import IR
import Passes
import Runtime
import Testing

/// Liveness, aliasing and views: random functions through a session, against the interpreter, which has none of them.
@Suite struct RandomGraphTests {
    @Test(arguments: 0..<20)
    func sessionsAgreeWithTheInterpreter(_ group: Int) throws {
        for seed in (group * 10)..<(group * 10 + 10) {
            let random = try RandomGraph(seed: UInt64(seed))
            let reference = try Reference(random)
            let session = Session(try Plan(random.module))
            let first = try session.run("main", random.inputs)
            reference.check(first, "seed \(seed)")
            let second = try session.run("main", random.inputs)
            #expect(first == second, "seed \(seed): a second run in the same memory gives other bits")
        }
    }

    @Test(arguments: 0..<10)
    func cleanedGraphsAgreeToo(_ group: Int) throws {
        for seed in (group * 10)..<(group * 10 + 10) {
            let random = try RandomGraph(seed: UInt64(seed))
            let clean = try PassManager.run(random.module, .clean).module
            try Reference(random).check(try Session(try Plan(clean)).run("main", random.inputs), "cleaned seed \(seed)")
        }
    }

    /// What a run must give, and how exactly: operators let an error grow by little, so that it stays below a few units in
    /// the last place of the largest value for each node.
    struct Reference {
        let graph: RandomGraph
        let expected: [String: Tensor]
        let tolerance: Double

        init(_ graph: RandomGraph) throws {
            self.graph = graph
            expected = try Interpreter.run(try graph.withAllValues(), "main", graph.inputs)
            let largest = expected.values.filter { $0.dtype == .f32 }.flatMap(\.floats).map { abs(Double($0)) }.max() ?? 1
            tolerance = 16 * ErrorBound.unit * Double(graph.graph.nodeCount) * max(largest, 1)
        }

        func check(_ results: [String: Tensor], _ label: String) {
            #expect(results.count == graph.graph.outputs.count, "\(label)")
            for output in graph.graph.outputs {
                guard let actual = results[output.name], let wanted = expected[output.name] else {
                    Issue.record("\(label) gives no '\(output.name)'")
                    continue
                }
                let fault = mismatch(actual, wanted, [Double](repeating: tolerance, count: wanted.count))
                #expect(fault == nil, "\(label), output '\(output.name)' of \(graph.graph.nodes.map(\.opName))")
            }
        }
    }
}
