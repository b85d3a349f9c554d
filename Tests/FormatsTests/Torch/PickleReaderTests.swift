import IR
import Testing

@testable import Formats

@Suite struct PickleReaderTests {
    typealias P = PickleBytes

    private func read(_ bytes: [UInt8]) throws -> Pickle {
        try bytes.withUnsafeBytes { try PickleReader.read($0, file: "test.pth", part: "data.pkl").pickle }
    }

    private func config(_ parts: [UInt8]) throws -> ConfigValue {
        let pickle = try read(P.whole(parts))
        return try pickle.config(pickle.root, file: "test.pth")
    }

    @Test func plainValues() throws {
        #expect(try config([0x4E]) == .null)
        #expect(try config([0x88]) == .bool(true))
        #expect(try config(P.int(-70000)) == .int(-70000))
        #expect(try config([0x8A, 1, 0xFF]) == .int(-1))
        #expect(try config([0x8A, 0]) == .int(0))
        #expect(try config([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]) == .double(18_446_744_073_709_551_616))
        #expect(try config([0x8A, 9] + [UInt8](repeating: 0, count: 8) + [0xFF]) == .double(-18_446_744_073_709_551_616))
        #expect(try config([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]) == .double(1.5))
        #expect(try config(P.text("héllo")) == .string("héllo"))
        #expect(try config(P.tuple(P.int(1), P.list(P.yes, P.none))) == .list([.int(1), .list([.bool(true), .null])]))
        #expect(try config(P.dict([("a", P.int(1)), ("b", P.int(2)), ("a", P.int(3))])) == .dict(["a": .int(3), "b": .int(2)]))
    }

    @Test func knownObjects() throws {
        #expect(try config(P.namespace([("lr", P.int(2))])) == .dict(["lr": .int(2)]))
        #expect(try config(P.call("collections", "OrderedDict")) == .dict([:]))
        let pairs = P.list(P.list(P.text("k"), P.int(5)))
        #expect(try config(P.call("collections", "OrderedDict", pairs)) == .dict(["k": .int(5)]))
        #expect(try config(P.call("__builtin__", "set", P.list(P.int(1), P.int(2)))) == .list([.int(1), .int(2)]))
        #expect(try config(P.call("torch", "Size", P.tuple(P.int(3), P.int(4)))) == .list([.int(3), .int(4)]))
        #expect(try config(P.call("torch", "device", P.text("cuda"), P.int(1))) == .string("cuda:1"))
        #expect(try config(P.global("torch", "bfloat16")) == .string("torch.bfloat16"))
        let type = P.call("numpy", "dtype", P.text("f8"), [0x89], [0x88]) + P.tuple(P.int(3), P.text("<")) + [0x62]
        let bytes = P.call("_codecs", "encode", P.text("\0\0\0\0\0\0\u{F8}?"), P.text("latin1"))
        #expect(try config(P.call("numpy.core.multiarray", "scalar", type, bytes)) == .double(1.5))
    }

    @Test(arguments: [
        ("os", "system"), ("os", "execvp"), ("posix", "system"), ("nt", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
        ("subprocess", "Popen"), ("runpy", "run_path"), ("builtins", "__import__"),
    ])
    func waysToRunProgramsAreRefusedByName(_ module: String, _ name: String) throws {
        let command = P.text("touch /tmp/owned")
        let stackGlobal = P.text(module) + P.text(name) + [0x93]
        for bytes in [P.call(module, name, command), P.dict([("a", P.global(module, name))]), stackGlobal] {
            let error = try #require(checkpointError { try read(P.whole(bytes)) })
            #expect(error.kind == .unsupported && error.subject == "\(module).\(name)", "\(error)")
            #expect(error.description.contains("nothing was executed"))
        }
    }

    /// NumPy arrays and scalars, paths, dates, members of enumerations, classes with state, objects that take values one by one.
    @Test(arguments: [
        PickleBytes.call("torch.hub", "load", PickleBytes.text("x")),
        PickleBytes.call(
            "numpy.core.multiarray", "_reconstruct", PickleBytes.global("numpy", "ndarray"), PickleBytes.tuple(PickleBytes.int(0)))
            + PickleBytes.tuple(PickleBytes.int(1), PickleBytes.none) + [0x62],
        PickleBytes.call("pathlib", "PosixPath", PickleBytes.text("out")), PickleBytes.call("datetime", "datetime", PickleBytes.text("x")),
        PickleBytes.call("builtins", "getattr", PickleBytes.global("a", "Kind"), PickleBytes.text("B")),
        PickleBytes.global("omegaconf.dictconfig", "DictConfig") + [0x29, 0x81] + PickleBytes.dict([("_content", PickleBytes.none)]) + [
            0x62
        ],
        PickleBytes.call("collections", "deque") + [0x28] + PickleBytes.int(1) + [0x65],
        PickleBytes.call("a", "Table") + [0x28] + PickleBytes.text("k") + PickleBytes.int(1) + [0x75],
        // NEWOBJ_EX; what a call gave is called; a big-endian scalar.
        PickleBytes.global("a", "Thing") + [0x29, 0x7D, 0x92], PickleBytes.call("functools", "partial") + [0x29, 0x52],
        PickleBytes.call(
            "numpy.core.multiarray", "scalar",
            PickleBytes.call("numpy", "dtype", PickleBytes.text("f8")) + PickleBytes.tuple(PickleBytes.int(3), PickleBytes.text(">")) + [
                0x62
            ],
            PickleBytes.call("_codecs", "encode", PickleBytes.text("12345678"), PickleBytes.text("latin1"))),
        PickleBytes.call("torch._utils", "_rebuild_sparse_tensor", PickleBytes.none),
    ])
    func otherObjectsArePassedOver(_ bytes: [UInt8]) throws {
        let pickle = try read(P.whole(P.dict([("before", P.int(1)), ("object", bytes), ("after", P.int(2))])))
        let object = try #require(pickle.value("object", of: pickle.root))
        guard case .opaque(let name) = pickle.node(object) else {
            Issue.record("\(pickle.kindName(object))")
            return
        }
        #expect(pickle.passedOver == [name] || pickle.passedOver.contains(name))
        guard case .int(2)? = pickle.value("after", of: pickle.root) else {
            Issue.record("what follows is lost")
            return
        }
        #expect(try pickle.config(pickle.root, file: "f")["object"] == .string(name))
    }

    @Test func dictionariesWithStandardValuesAreDictionaries() throws {
        let made = P.call("collections", "defaultdict", P.global("builtins", "list")) + [0x28] + P.text("k") + P.int(5) + [0x75]
        #expect(try config(made) == .dict(["k": .int(5)]))
    }

    @Test(arguments: [
        // INST, OBJ, EXT1, BUILD of a string, a call of a string
        [0x28] + Array("ios\nsystem\n".utf8), [0x28, 0x6F], [0x82, 1],
        PickleBytes.text("a") + [0x7D, 0x62], PickleBytes.text("a") + [0x29, 0x52],
    ])
    func otherWaysToMakeObjectsAreRefused(_ bytes: [UInt8]) {
        #expect(checkpointError { try read(P.whole(bytes)) } != nil)
    }

    @Test(arguments: [
        [], [0x80], [0x80, 2], [0x80, 9, 0x4E, 0x2E], [0x2E], [0x28, 0x2E], [0x74, 0x2E], [0x30, 0x2E], [0x32, 0x2E], [0x52, 0x2E],
        [0x85, 0x2E], [0x61, 0x2E], [0x4E, 0x4E, 0x61, 0x2E], [0x68, 0, 0x2E], [0x6A, 255, 255, 255, 255, 0x2E],
        [0x5D, 0x28, 0x4E, 0x75, 0x2E], [0x7D, 0x28, 0x4E, 0x75, 0x2E], [0x4E, 0x28, 0x30, 0x2E], [0x51, 0x2E], [0x4E, 0x51, 0x2E],
        // Lengths beyond the file: BINUNICODE, BINUNICODE8, SHORT_BINUNICODE, BINBYTES8, LONG4, BINSTRING of -1
        [0x58, 255, 255, 255, 255, 0x2E], [0x8D] + [UInt8](repeating: 255, count: 8), [0x8C, 200, 65],
        [0x8E, 0, 0, 0, 0, 0, 0, 0, 0x7F], [0x8B, 255, 255, 255, 0x7F, 1], [0x54, 255, 255, 255, 255, 65], [0x63, 65],
    ])
    func brokenPicklesAreRefused(_ bytes: [UInt8]) {
        let error = checkpointError { try read(bytes) }
        #expect(error?.file == "test.pth", "\(bytes)")
    }

    /// Each addition in a new place would be a copy of all before it.
    @Test func valuesAddedOneByOneGrowInPlace() throws {
        var (list, set, dict) = (PickleNode.list([]), PickleNode.set([]), PickleNode.dict([]))
        var places: [Set<UnsafeRawPointer?>] = [[], [], []]
        var moves = [0, 0, 0]
        for value in 0..<4096 {
            #expect(list.extendList([.int(value)]) && set.extendSet([.int(value)]) && dict.extendDict([(.int(value), .none)]))
            for (index, node) in [list, set, dict].enumerated() where places[index] != [node.place] {
                places[index] = [node.place]
                moves[index] += 1
            }
        }
        #expect(moves.allSatisfy { $0 < 64 }, "\(moves)")
        #expect(!list.extendSet([.none]) && !set.extendDict([]) && !dict.extendList([.none]))
        #expect(list.count == 4096 && set.count == 4096 && dict.count == 4096)
        let appends = [[0x5D]] + [[UInt8]](repeating: [0x4E, 0x61], count: 20_000)
        #expect(try read(P.whole(Array(appends.joined()))).nodes[0].count == 20_000)
    }

    @Test func sharedListsDoNotSwell() throws {
        // Forty lists, each of which holds the one before twice.
        var laughs = P.list(P.text("ha")) + [0x71, 0]
        for level in 1..<UInt8(40) { laughs += [0x30, 0x5D, 0x28, 0x68, level - 1, 0x68, level - 1, 0x65, 0x71, level] }
        let pickle = try read(P.whole(laughs))
        #expect(pickle.nodes.count == 40)
        let error = checkpointError { try pickle.config(pickle.root, file: "test.pth") }
        #expect(error?.kind == .unsupported)
    }

    @Test func listsThatHoldThemselvesAreRefusedAsConfiguration() throws {
        let pickle = try read(P.whole([0x5D, 0x71, 0, 0x68, 0, 0x61]))
        #expect(checkpointError { try pickle.config(pickle.root, file: "test.pth") }?.kind == .unsupported)
    }

    @Test func depthCostsNoStack() throws {
        let depth = 50_000
        let bytes = P.whole([UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1))
        let pickle = try read(bytes)
        #expect(pickle.nodes.count == depth)
        #expect(checkpointError { try pickle.config(pickle.root, file: "test.pth") } != nil)
    }
}

extension PickleNode {
    fileprivate var count: Int {
        switch self {
        case .list(let items), .tuple(let items), .set(let items): items.count
        case .dict(let entries): entries.count
        default: 0
        }
    }

    /// Where the elements lie.
    fileprivate var place: UnsafeRawPointer? {
        switch self {
        case .list(let items), .tuple(let items), .set(let items): items.withUnsafeBytes { $0.baseAddress }
        case .dict(let entries): entries.withUnsafeBufferPointer { $0.baseAddress.map { UnsafeRawPointer($0) } }
        default: nil
        }
    }
}
