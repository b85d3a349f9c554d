import CKernels
import IR
import Passes

extension PackedModule {
    /// The same program with its weights packed for the kernels of `set`, which may be of another machine: as rounded as they are, so that
    /// results stay the same.
    /// - Parameter functions: to keep, with what they call; nil for all.
    /// - Throws: ``VerificationError`` for an unsound module, ``RuntimeError`` for data that do not fit it.
    package func repacked(for set: Machine.InstructionSet, keeping functions: Set<String>? = nil) throws -> PackedModule {
        try PackedModule(lowered: unpacked(keeping: functions), for: set)
    }

    /// The module with the bytes of the constants that are packed here.
    private func unpacked(keeping functions: Set<String>?) throws -> Module {
        guard module.stage == .lowered else { throw RuntimeError("the module is \(module.stage.rawValue), not lowered") }
        try module.verify()
        let (weights, filters) = try WeightStore(self).contents
        var plain = functions.map { module.keeping(functions: $0) } ?? module
        func put(_ key: String, _ bytes: ByteSlice?) throws {
            guard let constant = plain.constants[key], constant.bytes == nil else { return }
            guard let bytes else { throw RuntimeError("the packed weight @\(key) cannot be unpacked", .unsupported) }
            plain.setConstant(Constant(key: key, type: constant.type, bytes: bytes))
        }
        for (packing, weight) in weights { try put(packing.key, weight.dense.map { ByteSlice($0) }) }
        for (key, filter) in filters { try put(key, filter.plain?.bytes) }
        for graph in plain.functions { try Plan.check(graph, plain) }
        return plain
    }
}
