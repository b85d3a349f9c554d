import IR
import Passes
import TestSupport
import Testing

@testable import Artifact
@testable import Runtime

/// Every module of the text cases, before and after its rule, goes into a file and out of it.
@Suite struct TextCaseTests {
    @Test("text cases through a file", arguments: CaseFile.all)
    func keepsItsBits(_ file: CaseFile) throws {
        let text = try file.read()
        var calls = 0
        for half in [text.before, text.after].compactMap({ $0 }) {
            let module = try Module(parsing: half).withRandomConstants()
            calls += try compare(module)
        }
        #expect(calls > 0, "nothing of it runs")
    }

    /// Runs each function of `module` and of the file made of it on the same inputs; gives how many ran.
    private func compare(_ module: Module) throws -> Int {
        let place = try Place()
        try place.write(module, for: Machine.active)
        let artifact = try Artifact(path: place.path)
        try artifact.verify()
        let (expected, found) = (Session(try Plan(module)), Session(try artifact.plan()))
        var calls = 0
        for graph in module.entryPoints {
            let inputs = try module.randomInputs(of: graph.name)
            guard let results = try? expected.run(graph.name, inputs) else { continue }
            #expect(try found.run(graph.name, inputs) == results, "\(graph.name)")
            calls += 1
        }
        return calls
    }
}
