/// The operations by which pickles name and make objects. What ``PickleGlobal`` lists is interpreted here, what is made by other names is
/// passed over; no code of the file or of its libraries runs.
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
            if opcode == .newObjectWithKeywords { _ = try pop() }
            let operands = try pop(2)
            if case .opaque(let name) = pickle.node(operands[0]) { return try passOver(name) }
            guard case .global(let global) = operands[0] else {
                throw fault("\(pickle.kindName(operands[0])) is called like a function")
            }
            if case .other(let name) = global { return try passOver(name) }
            guard case .tuple(let arguments) = pickle.node(operands[1]) else { throw fault("arguments that are no tuple") }
            try make(global, arguments)
        }
    }

    private mutating func global(module: String, name: String) throws(CheckpointError) -> PickleGlobal {
        guard !PickleGlobal.isHostile(module: module, name: name) else {
            throw CheckpointError(
                .unsupported, file: file, subject: "\(module).\(name)",
                "\(part), byte \(position): it runs programs where Python loads the file, which no checkpoint needs; nothing was executed",
                advice: "do not load this file elsewhere, and get the model from a source that you trust")
        }
        try charge((module.utf8.count + name.utf8.count) / 16)
        return PickleGlobal(module: module, name: name)
    }

    private static let maximumNames = 1000

    /// An object of which nothing but a name is kept.
    private mutating func passOver(_ name: String) throws(CheckpointError) {
        if pickle.passedOver.count < Self.maximumNames { pickle.passedOver.insert(name) }
        try push(.opaque(name))
    }

    /// What calling `global` gives.
    private mutating func make(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(CheckpointError) {
        switch global {
        case .tensor: try tensor(arguments, element: nil)
        case .tensorWithType:
            switch arguments.count > 6 ? arguments[6] : .none {
            case .global(.dtype(let element)): try tensor(arguments, element: element)
            case .global(.other(let name)): try passOver(name)
            default: throw badCall(global)
            }
        case .typedTensor:
            // The function that makes the data, the class, its arguments, attributes.
            guard arguments.count > 2, case .global(let maker) = arguments[0], case .tuple(let inner) = pickle.node(arguments[2]) else {
                throw badCall(global)
            }
            guard [.tensor, .tensorWithType, .parameter].contains(maker) else { return try passOver(maker.name) }
            try make(maker, inner)
        case .parameter:
            guard let data = arguments.first else { throw badCall(global) }
            switch pickle.node(data) {
            case .tensor, .opaque: try push(data)
            default: throw badCall(global)
            }
        case .size:
            guard arguments.count == 1, pickle.integers(arguments[0]) != nil else { throw badCall(global) }
            try push(arguments[0])
        case .device: try push(.string(device(arguments)))
        case .orderedDict: try push(.dict(dictionary(arguments)))
        // The function that makes missing values; the values follow.
        case .defaultDict: try push(.dict([]))
        case .set: try push(.set(copied(arguments, global)))
        case .namespace:
            guard arguments.isEmpty else { throw badCall(global) }
            try push(.dict([]))
            try push(.namespace(pop()))
        case .encode: try push(.bytes(encoded(arguments)))
        case .numpyDType:
            guard case .string(let name) = arguments.first else { return try passOver(global.name) }
            try push(.numpyDType(name))
        case .numpyScalar:
            guard let value = numpyScalar(arguments) else { return try passOver(global.name) }
            try push(value)
        case .storage, .untypedStorage, .dtype, .other: try passOver(global.name)
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
        case .numpyDType:
            // (version, byte order, …); of big-endian ones no value is read.
            let state = pickle.items(operands[1]) ?? []
            if state.count > 1, case .string(let order) = state[1], ["<", "|", "="].contains(order) { break }
            pickle.nodes[index] = .opaque(PickleGlobal.numpyDType.name)
        // State dicts carry `_metadata` as an attribute: versions of modules, which are not needed. Nor is what other objects carry.
        case .dict, .opaque, .tensor, .set, .list: break
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

    /// nil for scalars of types that are not read.
    private func numpyScalar(_ arguments: [PickleValue]) -> PickleValue? {
        guard arguments.count == 2, case .numpyDType(let name) = pickle.node(arguments[0]),
            case .bytes(let bytes) = arguments[1], bytes.count <= 8
        else { return nil }
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch (name, bytes.count) {
        case ("b1", 1): return .bool(bits != 0)
        case ("f8", 8): return .double(Double(bitPattern: bits))
        case ("f4", 4): return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case ("f2", 2): return .double(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
        case ("i8", 8): return .int(Int(truncatingIfNeeded: bits))
        case ("i4", 4): return .int(Int(Int32(truncatingIfNeeded: bits)))
        case ("i2", 2): return .int(Int(Int16(truncatingIfNeeded: bits)))
        case ("i1", 1): return .int(Int(Int8(truncatingIfNeeded: bits)))
        case ("u1", 1), ("u2", 2), ("u4", 4): return .int(Int(truncatingIfNeeded: bits))
        default: return nil
        }
    }

    // MARK: Tensors

    /// Storage, offset, sizes, strides; what follows (gradients, hooks) does not concern the values, except marks that they are negated.
    private mutating func tensor(_ arguments: [PickleValue], element: TorchElement?) throws(CheckpointError) {
        guard arguments.count >= 4 else { throw badCall(.tensor) }
        if case .opaque(let name) = pickle.node(arguments[0]) { return try passOver(name) }
        guard case .storage(let storage) = pickle.node(arguments[0]), case .int(let offset) = arguments[1],
            let shape = pickle.integers(arguments[2]), let strides = pickle.integers(arguments[3])
        else { throw badCall(.tensor) }
        let element = element ?? storage.element
        if case .foreign(let name, _) = element { return try passOver("torch.\(name)") }
        if let marks = arguments.last, case .bool(true) = pickle.value("neg", of: marks) { return try passOver("torch._neg_view") }
        try push(.tensor(TorchTensor(storage: storage, element: element, offset: offset, shape: shape, strides: strides)))
    }

    /// `("storage", type, key, device, count)`, in files of the old form with a view of another storage as sixth.
    private mutating func storage(_ id: PickleValue) throws(CheckpointError) {
        guard let parts = pickle.items(id), parts.count >= 5, case .string("storage") = parts[0],
            case .string(let key) = parts[2], key.utf8.count <= 1024, case .int(let count) = parts[4], count >= 0
        else { throw fault("a reference to data that is not of the form PyTorch writes") }
        let element: TorchElement
        switch parts[1] {
        case .global(.storage(let type)): element = type
        case .global(.untypedStorage): element = .plain(.u8)
        case .global(.other(let name)): return try passOver(name)
        default: throw fault("the storage of a tensor is of \(pickle.kindName(parts[1]))", .unsupported)
        }
        let storage = TorchStorage(key: key, element: element, count: count)
        let known = storages[key] ?? storage
        guard known == storage else { throw fault("the storage of a tensor is described in two ways", .inconsistent) }
        storages[key] = storage
        guard parts.count > 5, let view = pickle.items(parts[5]) else { return try push(.storage(storage)) }
        guard view.count == 3, case .int(let start) = view[1], case .int(let size) = view[2], start >= 0, size >= 0,
            start <= count, size <= count - start
        else { throw fault("the storage of a tensor has a view outside of it") }
        try push(.storage(TorchStorage(key: key, element: element, count: size, start: start)))
    }
}
