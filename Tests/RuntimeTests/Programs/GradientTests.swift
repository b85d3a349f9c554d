import IR
import Passes
import Runtime
import TestSupport
import Testing

/// Gradient functions, cleaned, run as plans and give what the interpreter gives for the plain ones.
@Suite struct GradientTests {
    static let cases = CaseFile.all.filter { $0.rule == "differentiate" && !$0.url.lastPathComponent.hasPrefix("not-") }

    @Test(arguments: cases)
    func runs(_ file: CaseFile) throws {
        let before = try Module(parsing: try file.read().before).withRandomConstants()
        let made = try PassManager.run(before, .gradient()).module
        let inputs = try made.randomInputs(of: "gradient.main")
        let session = Session(try Plan(try PassManager.run(made, .clean).module))
        var kernels: Set<String> = []
        session.observer = { kernel, _, _, _ in kernels.insert(kernel) }
        let results = try session.run("gradient.main", inputs)
        let expected = try Interpreter.run(made, "gradient.main", inputs)
        #expect(results.keys.sorted() == expected.keys.sorted())
        for (name, tensor) in expected {
            let distance = deviation(try #require(results[name]), tensor)
            #expect(distance <= 1e-4, "\(name) deviates by \(distance)")
        }
        // What a case has on the way there.
        let evaluated = kernels.filter { $0.hasPrefix("evaluate.") }
        #expect(evaluated.isSubset(of: ["evaluate.random"]), "\(evaluated.sorted())")
    }
}
