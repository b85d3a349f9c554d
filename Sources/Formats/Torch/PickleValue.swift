/// A value of a pickle. What holds other values is a node of the ``Pickle``, named by its place there, so that depth,
/// sharing and cycles of untrusted pickles cost no recursion.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer beyond `Int`: two's complement, little-endian.
    case wideInt([UInt8])
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case global(PickleGlobal)
    case node(Int)
}

/// A value of a pickle that holds others, or that a checkpoint is about.
enum PickleNode {
    case list([PickleValue])
    case tuple([PickleValue])
    case set([PickleValue])
    /// In the order of insertion; of equal keys the last counts.
    case dict([(key: PickleValue, value: PickleValue)])
    /// `argparse.Namespace`; the dictionary of its attributes.
    case namespace(PickleValue)
    case storage(TorchStorage)
    case tensor(TorchTensor)
    /// NumPy's name of an element type, such as `f8`.
    case numpyDType(String)
    /// An object of which only the name of what would make it is known: it was not made, and what it is made of was passed over.
    case opaque(String)
}

/// Each answers whether the node is of the kind. It is emptied meanwhile, so that its array has one owner and grows in place:
/// otherwise a pickle that adds its values one by one would take quadratic time.
extension PickleNode {
    mutating func extendList(_ added: [PickleValue]) -> Bool {
        guard case .list(var items) = self else { return false }
        self = .list([])
        items += added
        self = .list(items)
        return true
    }

    mutating func extendSet(_ added: [PickleValue]) -> Bool {
        guard case .set(var items) = self else { return false }
        self = .set([])
        items += added
        self = .set(items)
        return true
    }

    mutating func extendDict(_ added: [(key: PickleValue, value: PickleValue)]) -> Bool {
        guard case .dict(var entries) = self else { return false }
        self = .dict([])
        entries += added
        self = .dict(entries)
        return true
    }
}

/// What a pickle made: nodes, and the value that is the whole.
struct Pickle {
    var nodes: [PickleNode] = []
    var root = PickleValue.none
    /// Names of what was passed over (``PickleNode/opaque(_:)``), some of them if there are very many.
    var passedOver: Set<String> = []

    func node(_ value: PickleValue) -> PickleNode? {
        guard case .node(let index) = value, nodes.indices.contains(index) else { return nil }
        return nodes[index]
    }

    /// The elements of a list or tuple.
    func items(_ value: PickleValue) -> [PickleValue]? {
        switch node(value) {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }

    /// The entries of a dictionary, or the attributes of a namespace.
    func entries(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
        switch node(value) {
        case .dict(let entries): return entries
        case .namespace(let attributes):
            guard case .dict(let entries) = node(attributes) else { return nil }
            return entries
        default: return nil
        }
    }

    /// The value at the text `key` of a dictionary.
    func value(_ key: String, of dictionary: PickleValue) -> PickleValue? {
        entries(dictionary)?.last { entry in
            if case .string(key) = entry.key { true } else { false }
        }?.value
    }

    func integers(_ value: PickleValue) -> [Int]? {
        guard let items = items(value), items.count <= TorchViews.maximumRank else { return nil }
        var integers: [Int] = []
        for item in items {
            guard case .int(let integer) = item else { return nil }
            integers.append(integer)
        }
        return integers
    }

    /// What to call the value in a message.
    func kindName(_ value: PickleValue) -> String {
        switch value {
        case .none: return "None"
        case .bool: return "a bool"
        case .int, .wideInt: return "an int"
        case .double: return "a float"
        case .string: return "a string"
        case .bytes: return "bytes"
        case .global(let global): return global.name
        case .node:
            switch node(value) {
            case .list: return "a list"
            case .tuple: return "a tuple"
            case .set: return "a set"
            case .dict: return "a dict"
            case .namespace: return "a Namespace"
            case .storage: return "a storage"
            case .tensor: return "a tensor"
            case .opaque(let name): return "an object of \(name.prefix(200))"
            case .numpyDType, nil: return "a dtype"
            }
        }
    }
}

/// A storage that a pickle names: `count` elements of type `element`.
struct TorchStorage: Equatable {
    /// Its name in the file.
    let key: String
    let element: TorchElement
    let count: Int
    /// Place of the first element in the stored data; above 0 for the views of old files.
    var start = 0
}

/// A strided view of a storage; sizes and strides are those of the file, unchecked.
struct TorchTensor {
    let storage: TorchStorage
    let element: TorchElement
    /// Elements before the first one.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
