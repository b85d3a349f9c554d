import IR

/// Reads the pickles of `torch.save` without executing anything: a stack machine over ``PickleOpcode`` that knows the
/// names of ``PickleGlobal`` and passes over objects of others.
///
/// Every read is checked against the end, and what a pickle may create is bounded by ``maximumValues`` and by its own
/// length, whatever it repeats through its memo.
struct PickleReader {
    /// Values that may be pushed, marked, remembered or copied in one pickle: that of a model with 100 000 tensors and
    /// its optimizer takes about four million.
    static let maximumValues = 16_000_000
    static let maximumProtocol = 5

    let file: String
    /// The pickle's name in the file, for messages.
    let part: String
    private(set) var position: Int
    private let reader: ByteReader
    var pickle = Pickle()
    var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var values = 0
    /// Storages by their name in the file; each may be described only once.
    var storages: [String: TorchStorage] = [:]

    private init(_ bytes: UnsafeRawBufferPointer, at position: Int, file: String, part: String) {
        reader = ByteReader(bytes: bytes)
        self.position = position
        self.file = file
        self.part = part
    }

    /// Reads one pickle that starts at `position`.
    /// - Returns: what it made, and the place after it.
    /// - Throws: ``CheckpointError`` with the byte at fault, or the name that is not allowed.
    static func read(
        _ bytes: UnsafeRawBufferPointer, at position: Int = 0, file: String, part: String
    ) throws(CheckpointError) -> (pickle: Pickle, storages: [String: TorchStorage], end: Int) {
        var reader = PickleReader(bytes, at: position, file: file, part: part)
        while try reader.step() {}
        reader.pickle.root = try reader.pop()
        return (reader.pickle, reader.storages, reader.position)
    }

    func fault(_ problem: String, _ kind: CheckpointError.Kind = .malformed) -> CheckpointError {
        CheckpointError(
            kind, file: file, "\(part), byte \(position): \(problem)", advice: kind == .truncated ? TorchArchive.cutOff : nil)
    }

    // MARK: Stack

    mutating func charge(_ count: Int) throws(CheckpointError) {
        values += count
        guard values <= PickleReader.maximumValues else {
            throw fault("more than \(PickleReader.maximumValues) values", .unsupported)
        }
    }

    mutating func push(_ value: PickleValue) throws(CheckpointError) {
        try charge(1)
        stack.append(value)
    }

    mutating func push(_ node: PickleNode) throws(CheckpointError) {
        pickle.nodes.append(node)
        try push(.node(pickle.nodes.count - 1))
    }

    mutating func pop() throws(CheckpointError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
            throw fault("a value is taken from an empty stack")
        }
        return value
    }

    mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw fault("a value is taken from an empty stack") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    /// The values since the last mark.
    mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        guard let start = marks.popLast() else { throw fault("there is no mark") }
        defer { stack.removeLast(stack.count - start) }
        return Array(stack[start...])
    }

    /// Index of the node on top of the stack.
    private func top() throws(CheckpointError) -> Int {
        guard stack.count > marks.last ?? 0, case .node(let index) = stack.last else {
            throw fault("a list, set or dict must be on top of the stack")
        }
        return index
    }

    // MARK: Operations

    /// - Returns: false at the end of the pickle.
    private mutating func step() throws(CheckpointError) -> Bool {
        let code = try number(UInt8.self)
        guard let opcode = PickleOpcode(rawValue: UInt8(truncatingIfNeeded: code)) else {
            throw fault("operation \(code) is none that checkpoints need", .unsupported)
        }
        switch opcode {
        case .stop: return false
        case .proto: try checkProtocol()
        case .frame: _ = try number(UInt64.self)
        case .mark:
            try charge(1)
            marks.append(stack.count)
        case .pop, .popMark, .duplicate: try rearrange(opcode)
        case .binGet, .longBinGet, .binPut, .longBinPut, .memoize: try remember(opcode)
        case .append, .appends, .addItems, .setItem, .setItems: try extend(opcode)
        case .global, .stackGlobal, .reduce, .newObject, .newObjectWithKeywords, .build, .binPersID: try construct(opcode)
        case .emptyTuple, .emptyList, .emptyDict, .emptySet, .tuple, .tuple1, .tuple2, .tuple3, .list, .dict, .frozenSet:
            try collect(opcode)
        default: try push(scalar(opcode))
        }
        return true
    }

    private mutating func checkProtocol() throws(CheckpointError) {
        let version = try number(UInt8.self)
        guard version <= PickleReader.maximumProtocol else {
            throw fault("pickle protocol \(version) is not known", .unsupported)
        }
    }

    private mutating func rearrange(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .popMark: _ = try popToMark()
        case .duplicate:
            let value = try pop()
            stack.append(value)
            try push(value)
        default: _ = try pop()
        }
    }

    private mutating func remember(_ opcode: PickleOpcode) throws(CheckpointError) {
        let index =
            switch opcode {
            case .memoize: memo.count
            case .binGet, .binPut: try number(UInt8.self)
            default: try number(UInt32.self)
            }
        if opcode == .binGet || opcode == .longBinGet {
            guard let value = memo[index] else { throw fault("nothing is remembered as \(index)") }
            return try push(value)
        }
        let value = try pop()
        stack.append(value)
        try charge(1)
        memo[index] = value
    }

    private mutating func extend(_ opcode: PickleOpcode) throws(CheckpointError) {
        let added: [PickleValue] =
            switch opcode {
            case .append: try pop(1)
            case .setItem: try pop(2)
            default: try popToMark()
            }
        let index = try top()
        // What is in an object without meaning has none either.
        if case .opaque = pickle.nodes[index] { return }
        let isTaken =
            switch opcode {
            case .append, .appends: pickle.nodes[index].extendList(added)
            case .addItems: pickle.nodes[index].extendSet(added)
            default: pickle.nodes[index].extendDict(try pairs(added))
            }
        guard isTaken else { throw fault("values are added to \(pickle.kindName(.node(index))), which does not take them") }
    }

    private func pairs(_ values: [PickleValue]) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
        guard values.count % 2 == 0 else { throw fault("a key without a value") }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    private mutating func collect(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .emptyList: try push(.list([]))
        case .emptyDict: try push(.dict([]))
        case .emptySet: try push(.set([]))
        case .emptyTuple: try push(.tuple([]))
        case .tuple1: try push(.tuple(pop(1)))
        case .tuple2: try push(.tuple(pop(2)))
        case .tuple3: try push(.tuple(pop(3)))
        case .list: try push(.list(popToMark()))
        case .frozenSet: try push(.set(popToMark()))
        case .dict: try push(.dict(pairs(popToMark())))
        default: try push(.tuple(popToMark()))
        }
    }
}

// MARK: Bytes

extension PickleReader {
    /// The next number, as `Int`.
    mutating func number<T: FixedWidthInteger>(_ type: T.Type) throws(CheckpointError) -> Int {
        guard let number = reader.int(type, at: position) else { throw fault("the pickle ends here", .truncated) }
        position += MemoryLayout<T>.size
        return number
    }

    private mutating func bytes(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
        guard let bytes = reader.range(position, count) else {
            throw fault("\(count) bytes are announced, \(reader.bytes.count - position) are left", .truncated)
        }
        position += count
        return bytes
    }

    private mutating func text(_ count: Int) throws(CheckpointError) -> String {
        // Python writes lone surrogates of file names as they are.
        String(decoding: try bytes(count), as: UTF8.self)
    }

    /// Text up to the end of the line.
    mutating func line() throws(CheckpointError) -> String {
        let rest = reader.bytes[min(position, reader.bytes.count)...]
        guard let end = rest.prefix(1024).firstIndex(of: 0x0A) else {
            throw fault("a name without end", rest.count < 1024 ? .truncated : .malformed)
        }
        let line = try text(end - position)
        position += 1
        return line
    }

    private mutating func scalar(_ opcode: PickleOpcode) throws(CheckpointError) -> PickleValue {
        switch opcode {
        case .none: return .none
        case .newTrue: return .bool(true)
        case .newFalse: return .bool(false)
        case .binInt: return .int(try number(Int32.self))
        case .binInt1: return .int(try number(UInt8.self))
        case .binInt2: return .int(try number(UInt16.self))
        case .long1: return try integer(number(UInt8.self))
        case .long4: return try integer(number(UInt32.self))
        case .binFloat:
            guard let bits = reader.integer(UInt64.self, at: position) else { throw fault("the pickle ends here", .truncated) }
            position += 8
            return .double(Double(bitPattern: bits.byteSwapped))
        case .shortBinString: return .string(try text(number(UInt8.self)))
        case .binString: return .string(try text(number(Int32.self)))
        case .shortBinUnicode: return .string(try text(number(UInt8.self)))
        case .binUnicode: return .string(try text(number(UInt32.self)))
        case .binUnicode8: return .string(try text(number(UInt64.self)))
        case .shortBinBytes: return .bytes(Array(try bytes(number(UInt8.self))))
        case .binBytes: return .bytes(Array(try bytes(number(UInt32.self))))
        default: return .bytes(Array(try bytes(number(UInt64.self))))
        }
    }

    /// A two's complement integer of `count` bytes.
    private mutating func integer(_ count: Int) throws(CheckpointError) -> PickleValue {
        let digits = Array(try bytes(count))
        guard count <= 8 else { return .wideInt(digits) }
        let fill: UInt64 = (digits.last ?? 0) & 0x80 != 0 ? .max : 0
        return .int(Int(truncatingIfNeeded: digits.reversed().reduce(fill) { $0 << 8 | UInt64($1) }))
    }
}
