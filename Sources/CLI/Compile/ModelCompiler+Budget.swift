import Calibration
import Compilation
import FourMModels
import IR
import Inspect
import Passes
import Runtime

extension ModelCompiler {
    /// Raises the layers that `budget` asks for.
    func raise(_ budget: Budget, _ module: Module, _ raiser: inout LayerRaiser) throws {
        let policy = raiser.policy
        switch budget {
        case .error(let limit):
            // 8-bit weights alone are small; where they do not suffice, nothing is rounded.
            try raiser.raise(to: .w8) { try $0.search(error: limit, otherwise: .f32) }
        case .size(let limit):
            let packed = try ModelLoader.packed(module, fitting(policy), precision: policy, for: target)
            let bytes = packed.byteCount + ModelCompiler.headerBytes(packed)
            guard bytes <= limit else {
                throw CalibrationError("\(Human.bytes(limit)) do not hold '\(module.name)': all in \(policy) it is \(Human.bytes(bytes))")
            }
            try raiser.raise(to: more) { try $0.spend(.bytes(limit - bytes)) { policy.bytes($0) } }
        case .bits(let bits): try raiser.raise(to: more) { try $0.spend(.bits(bits)) { policy.bytes($0) } }
        case .speed(let wanted): try raiser.raise(to: .f32) { try $0.search(speedup: wanted) }
        }
    }

    /// About what a file holds beside constants: the program as text, and some lines for each constant and each weight that was rounded.
    private static func headerBytes(_ packed: PackedModule) -> Int {
        packed.module.description.utf8.count * 9 / 8 + 1024 * (packed.weights.count + packed.module.constants.count)
    }

    /// What room is spent on.
    private var more: LayerScheme { precision.precision.scheme.isGrouped ? .w8 : .bf16 }
}
