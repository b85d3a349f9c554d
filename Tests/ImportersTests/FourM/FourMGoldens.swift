import Foundation
import IR
import TestSupport
import Testing

@testable import Formats
@testable import Importers

/// Reads `shared/goldens` beside the package, for tests of the 4M importers.
enum FourMGoldens {
    static func path(_ name: String) -> String { SharedData.path("goldens/\(name)") }

    static func importCase(_ name: String) throws -> Module {
        try FourMImporter.importModel(try Checkpoint.open(path(name)))
    }

    static func tensors(_ name: String) throws -> [String: Tensor] {
        try Checkpoint.open(path(name)).tensors.compactMapValues(\.tensor)
    }
}

/// Inputs, expected outputs and tolerance of one golden case, with the imported module.
struct FourMGolden {
    let module: Module
    let inputs: [String: Tensor]
    let outputs: [String: Tensor]
    let parameters: Config
    let atol: Double
    let rtol: Double

    init(_ name: String) throws {
        module = try FourMGoldens.importCase(name)
        inputs = try FourMGoldens.tensors("\(name)/inputs.safetensors")
        outputs = try FourMGoldens.tensors("\(name)/outputs.safetensors")
        let facts = try Config.read(FourMGoldens.path("\(name)/case.json"))
        parameters = try facts.section("parameters")
        let tolerance = try facts.section("tolerance")
        atol = try tolerance.double("atol")
        rtol = try tolerance.double("rtol")
    }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name], "no input \(name)") }

    func output(_ name: String) throws -> Tensor { try #require(outputs[name], "no output \(name)") }

    func run(_ function: String, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        try Interpreter.run(module, function, inputs)
    }

    func run(_ function: String, _ inputs: [String: Tensor], _ output: String) throws -> Tensor {
        try #require(try run(function, inputs)[output])
    }

    /// |x - r| ≤ atol + rtol·|r| for every element; integers equal.
    func check(_ found: Tensor, _ name: String, location: SourceLocation = #_sourceLocation) throws {
        let expected = try output(name)
        try #require(
            found.shape == expected.shape, "\(name): \(found.shape) for \(expected.shape)", sourceLocation: location)
        if !expected.dtype.isFloat {
            #expect(found.integers == expected.integers, "\(name)", sourceLocation: location)
            return
        }
        var worst = 0.0
        for (x, r) in zip(found.doubles, expected.doubles) {
            let excess = abs(x - r) / (atol + rtol * abs(r))
            worst = excess.isNaN ? .infinity : max(worst, excess)
        }
        #expect(worst <= 1, "\(name): worst error is \(worst) of the tolerance", sourceLocation: location)
    }
}

let needsShared: ConditionTrait = .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))
