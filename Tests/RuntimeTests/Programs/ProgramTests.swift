import IR
import Passes
import Testing

@testable import Runtime

/// Control flow, sizes that data decide, sequences and strings: the text, the interpreter and the runtime say the same, before and after
/// every pass.
@Suite struct ProgramTests {
    @Test func thereAreCases() { #expect(Program.all.count >= 14) }

    @Test func everyOperatorBeyondTensorsHasACase() throws {
        let used = try Program.all.reduce(into: Set<String>()) { names, program in
            for graph in try program.read().module.functions { names.formUnion(graph.nodes.map(\.opName)) }
        }
        for type in OperatorRegistry.all where !(type is any TensorOperator.Type) { #expect(used.contains(type.opName), "\(type.opName)") }
    }

    @Test(arguments: Program.all) func textReadsBack(_ program: Program) throws {
        let module = try program.read().module
        try module.verify()
        #expect(try Module(parsing: "\(module)", resolving: module.constants) == module)
    }

    @Test(arguments: Program.all) func interpreterGivesWhatIsWritten(_ program: Program) throws {
        let (module, inputs, outputs) = try program.read()
        #expect(try Interpreter.run(module, "main", values: inputs) == outputs)
    }

    @Test(arguments: Program.all) func runtimeGivesWhatIsWritten(_ program: Program) throws {
        let (module, inputs, outputs) = try program.read()
        let session = Session(try Plan(module))
        #expect(try session.run("main", values: inputs) == outputs)
        // Again, with every plan and the arena there already.
        #expect(try session.run("main", values: inputs) == outputs)
    }

    @Test(arguments: Program.all) func passesKeepTheMeaning(_ program: Program) throws {
        let (module, inputs, outputs) = try program.read()
        let clean = try PassManager.run(module, .clean, PassOptions(verifyEachPatch: true)).module
        try clean.verify()
        #expect(try Module(parsing: "\(clean)", resolving: clean.constants) == clean)
        #expect(try Interpreter.run(clean, "main", values: inputs) == outputs)
        #expect(try Session(try Plan(clean)).run("main", values: inputs) == outputs)
    }
}
