import IR

/// The operations by which pickles name and make objects. Only what ``PickleGlobal`` lists can be named, and each case
/// is interpreted here; no code of the file or of its libraries runs.
extension PickleReader {
    mutating func construct(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .global: try push(.global(global(module: line(), name: line())))
        case .stackGlobal:
            let names = try pop(2)
            guard case .string(let module) = names[0], case .string(let name) = names[1] else {
                throw fault("a name that is no text")
            }
            try push(.global(global(module: module, name: name)))
        case .build: try build()
        case .binPersID: try storage(pop())
        default:
            let operands = try pop(2)
            guard case .global(let global) = operands[0] else {
                throw fault("\(pickle.kindName(operands[0])) is called like a function")
            }
            guard case .tuple(let arguments) = pickle.node(operands[1]) else { throw fault("arguments that are no tuple") }
            try make(global, arguments)
        }
    }

    private func global(module: String, name: String) throws(CheckpointError) -> PickleGlobal {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw CheckpointError(
                .unsupported, file: file, subject: "\(module).\(name)",
                "\(part), byte \(position): this class or function is not among those that checkpoints need, and the file is not "
                    + "read further; nothing was executed",
                advice: "where you trust its origin, load it in PyTorch and save the state dict alone: "
                    + "torch.save(model.state_dict(), …)")
        }
        return global
    }

    /// What calling `global` gives.
    private mutating func make(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(CheckpointError) {
        switch global {
        case .tensor: try push(.tensor(tensor(arguments, dtype: nil)))
        case .tensorWithType:
            guard arguments.count > 6, case .global(.dtype(let dtype)) = arguments[6] else { throw badCall(global) }
            try push(.tensor(tensor(arguments, dtype: dtype)))
        case .parameter:
            guard let data = arguments.first, case .tensor = pickle.node(data) else { throw badCall(global) }
            try push(data)
        case .size:
            guard arguments.count == 1, pickle.integers(arguments[0]) != nil else { throw badCall(global) }
            try push(arguments[0])
        case .device: try push(.string(device(arguments)))
        case .orderedDict: try push(.dict(dictionary(arguments)))
        case .set: try push(.set(copied(arguments, global)))
        case .namespace:
            guard arguments.isEmpty else { throw badCall(global) }
            try push(.dict([]))
            try push(.namespace(pop()))
        case .encode: try push(.bytes(encoded(arguments)))
        case .numpyDType:
            guard case .string(let name) = arguments.first else { throw badCall(global) }
            try push(.numpyDType(name))
        case .numpyScalar: try push(numpyScalar(arguments))
        case .storage, .untypedStorage, .dtype: throw badCall(global)
        }
    }

    private func badCall(_ global: PickleGlobal) -> CheckpointError {
        fault("\(global.name) is called with other arguments than PyTorch writes")
    }

    /// Gives an object its state.
    private mutating func build() throws(CheckpointError) {
        let operands = try pop(2)
        guard case .node(let index) = operands[0] else { throw fault("state for \(pickle.kindName(operands[0]))") }
        switch pickle.nodes[index] {
        case .namespace:
            guard case .dict = pickle.node(operands[1]) else { throw fault("attributes that are no dict") }
            pickle.nodes[index] = .namespace(operands[1])
        // State dicts carry `_metadata` as an attribute: versions of modules, which are not needed.
        case .dict: break
        case .numpyDType:
            // (version, byte order, …)
            guard let state = pickle.items(operands[1]), state.count > 1, case .string(let order) = state[1],
                ["<", "|", "="].contains(order)
            else { throw fault("a NumPy type that is not little-endian", .unsupported) }
        default: throw fault("state for \(pickle.kindName(operands[0])), which has none")
        }
        try push(operands[0])
    }

    // MARK: Collections

    /// Elements of the one list in `arguments`; they are copied, so they count.
    private mutating func copied(
        _ arguments: [PickleValue], _ global: PickleGlobal
    ) throws(CheckpointError) -> [PickleValue] {
        if arguments.isEmpty { return [] }
        guard arguments.count == 1, let items = pickle.items(arguments[0]) else { throw badCall(global) }
        try charge(items.count)
        return items
    }

    private mutating func dictionary(
        _ arguments: [PickleValue]
    ) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
        var entries: [(key: PickleValue, value: PickleValue)] = []
        for pair in try copied(arguments, .orderedDict) {
            guard let pair = pickle.items(pair), pair.count == 2 else { throw badCall(.orderedDict) }
            entries.append((pair[0], pair[1]))
        }
        return entries
    }

    // MARK: Scalars

    private func device(_ arguments: [PickleValue]) throws(CheckpointError) -> String {
        guard case .string(let kind) = arguments.first, kind.utf8.count <= 64 else { throw badCall(.device) }
        guard arguments.count > 1, case .int(let index) = arguments[1] else { return kind }
        return "\(kind):\(index)"
    }

    private mutating func encoded(_ arguments: [PickleValue]) throws(CheckpointError) -> [UInt8] {
        guard arguments.count == 2, case .string(let text) = arguments[0], case .string(let encoding) = arguments[1],
            ["latin1", "latin-1"].contains(encoding)
        else { throw badCall(.encode) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { throw badCall(.encode) }
            bytes.append(byte)
        }
        try charge(bytes.count)
        return bytes
    }

    private func numpyScalar(_ arguments: [PickleValue]) throws(CheckpointError) -> PickleValue {
        guard arguments.count == 2, case .numpyDType(let name) = pickle.node(arguments[0]),
            case .bytes(let bytes) = arguments[1], bytes.count <= 8
        else { throw badCall(.numpyScalar) }
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch (name, bytes.count) {
        case ("b1", 1): return .bool(bits != 0)
        case ("f8", 8): return .double(Double(bitPattern: bits))
        case ("f4", 4): return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case ("i8", 8): return .int(Int(truncatingIfNeeded: bits))
        case ("i4", 4): return .int(Int(Int32(truncatingIfNeeded: bits)))
        case ("i2", 2): return .int(Int(Int16(truncatingIfNeeded: bits)))
        case ("i1", 1): return .int(Int(Int8(truncatingIfNeeded: bits)))
        case ("u1", 1), ("u2", 2), ("u4", 4): return .int(Int(truncatingIfNeeded: bits))
        default: throw fault("NumPy scalars of type \(name) are not read", .unsupported)
        }
    }

    // MARK: Tensors

    /// Storage, offset, sizes, strides; what follows (gradients, hooks) does not concern the values.
    private func tensor(_ arguments: [PickleValue], dtype: DType?) throws(CheckpointError) -> TorchTensor {
        guard arguments.count >= 4, case .storage(let storage) = pickle.node(arguments[0]),
            case .int(let offset) = arguments[1], let shape = pickle.integers(arguments[2]),
            let strides = pickle.integers(arguments[3])
        else { throw badCall(.tensor) }
        return TorchTensor(
            storage: storage, dtype: dtype ?? storage.dtype, offset: offset, shape: shape, strides: strides)
    }

    /// `("storage", type, key, device, count)`, in files of the old form with a view of another storage as sixth.
    private mutating func storage(_ id: PickleValue) throws(CheckpointError) {
        guard let parts = pickle.items(id), parts.count >= 5, case .string("storage") = parts[0],
            case .string(let key) = parts[2], key.utf8.count <= 1024, case .int(let count) = parts[4], count >= 0
        else { throw fault("a reference to data that is not of the form PyTorch writes") }
        let dtype: DType
        switch parts[1] {
        case .global(.storage(let type)): dtype = type
        case .global(.untypedStorage): dtype = .u8
        default: throw fault("storage \(key.prefix(40)) is of \(pickle.kindName(parts[1]))", .unsupported)
        }
        let storage = TorchStorage(key: key, dtype: dtype, count: count)
        let known = storages[key] ?? storage
        guard known == storage else {
            throw fault("storage \(key.prefix(40)) is described in two ways", .inconsistent)
        }
        storages[key] = storage
        guard parts.count > 5, let view = pickle.items(parts[5]) else { return try push(.storage(storage)) }
        guard view.count == 3, case .int(let start) = view[1], case .int(let size) = view[2], start >= 0, size >= 0,
            start <= count, size <= count - start
        else { throw fault("storage \(key.prefix(40)) has a view outside of it") }
        try push(.storage(TorchStorage(key: key, dtype: dtype, count: size, start: start)))
    }
}
