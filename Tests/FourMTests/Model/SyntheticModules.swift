import IR
import Runtime
import TestSupport

@testable import Formats
@testable import FourMModels
@testable import Importers

extension SyntheticModel {
    var checkpoint: Checkpoint {
        let constants = Dictionary(uniqueKeysWithValues: tensors().map { ($0, Constant(key: $0, $1)) })
        return Checkpoint(
            name: "synthetic", tensors: constants, config: Config(HeaderText.parse(metadata), file: "synthetic.safetensors"),
            files: ["synthetic.safetensors"])
    }

    func module(_ scope: ImportScope = .whole) throws -> Module { try FourMImporter.importModel(checkpoint, scope: scope) }

    func model(_ scope: ImportScope = .whole) throws -> FourMModel { try FourMModel(Plan(ModelLoader.cleaned(module(scope)))) }
}

/// Largest difference of two lists of equal length; infinite for others.
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { $0.isFinite ? abs(Double($0) - $1) : .infinity }.max() ?? 0
}
