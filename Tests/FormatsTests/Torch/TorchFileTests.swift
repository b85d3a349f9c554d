import IR
import Testing

@testable import Formats

@Suite struct TorchFileTests {
    typealias P = PickleBytes

    private static let values = TorchBytes.floats([0, 1, 2, 3, 4, 5])

    private static func oneTensor(_ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 6) -> [UInt8] {
        P.whole(P.dict([("w", P.tensor(P.storage("FloatStorage", "0", count), offset: offset, shape, strides))]))
    }

    private func open(_ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 6) throws -> TorchFile {
        try TorchBytes.open(TorchBytes.zip(Self.oneTensor(shape, strides, offset: offset, count: count), ["0": Self.values]))
    }

    @Test func viewsAreRead() throws {
        #expect(try open([2, 3], [3, 1]).tensor("w")?.floats == [0, 1, 2, 3, 4, 5])
        #expect(try open([3, 2], [1, 3]).tensor("w")?.floats == [0, 3, 1, 4, 2, 5])
        #expect(try open([3], [1], offset: 3).tensor("w")?.floats == [3, 4, 5])
        #expect(try open([2, 1], [3, .max], offset: 1).tensor("w")?.floats == [1, 4])
        #expect(try open([2, 2], [0, 5]).tensor("w")?.floats == [0, 5, 0, 5])
        #expect(try open([], [], offset: 5).tensor("w")?.floats == [5])
        #expect(try open([0, 3], [3, 1]).tensor("w")?.shape == [0, 3])
    }

    /// Storages of the older form lie at any byte.
    @Test(arguments: 1...4)
    func storagesThatAreNotAlignedAreCopied(keyLength: Int) throws {
        let key = String(repeating: "k", count: keyLength)
        let storage = P.storage("FloatStorage", key, 6)
        let pickle = P.whole(P.dict([("a", P.tensor(storage, offset: 1, [2, 2], [2, 1])), ("b", P.tensor(storage, [2, 2], [1, 3]))]))
        let file = try TorchBytes.open(TorchBytes.stacked(pickle, [(key, 6, Self.values)]))
        #expect(file.tensor("a")?.floats == [1, 2, 3, 4] && file.tensor("b")?.floats == [0, 3, 1, 4])
    }

    @Test func onlyTheFuzzerPassesOverChecksums() throws {
        let pickle = P.whole(P.dict([("w", P.tensor(P.storage("FloatStorage", "0", 6), [6], [1])), ("secret", P.none)]))
        var bytes = try TorchBytes.zip(pickle, ["0": Self.values])
        let place = try #require(bytes.firstRange(of: Array("secret".utf8)))
        bytes[place.lowerBound] ^= 1
        #expect(checkpointError { try TorchBytes.open(bytes) }?.problem.contains("checksum") == true)
        let read = try TorchFile(ByteSlice(copying: bytes).owner, path: "test.pth", verify: false)
        #expect(read.tensor("w")?.floats == [0, 1, 2, 3, 4, 5])
    }

    @Test func contiguousTensorsShareTheFile() throws {
        let storage = P.storage("FloatStorage", "0", 6)
        let pickle = P.whole(P.dict([("a", P.tensor(storage, [6], [1])), ("b", P.tensor(storage, offset: 4, [2], [1]))]))
        let file = try TorchBytes.open(TorchBytes.zip(pickle, ["0": Self.values]))
        let (a, b) = (try #require(file.tensors[0].bytes), try #require(file.tensors[1].bytes))
        #expect(a.owner === b.owner && b.offset == a.offset + 16)
    }

    @Test(
        arguments: [
            ([2, 4], [4, 1], 0), ([6], [1], 1), ([1], [1], 6), ([2], [6], 0), ([3], [-1], 2), ([-1], [1], 0),
            ([2], [1, 1], 0), ([1], [1], -1),
            ([.max, 2], [1, 1], 0), ([2], [.max], 1), ([1 << 40], [0], 0),
        ] as [([Int], [Int], Int)])
    func viewsOutsideTheirStorageAreRefused(_ shape: [Int], _ strides: [Int], _ offset: Int) throws {
        let error = checkpointError { try open(shape, strides, offset: offset) }
        #expect(error?.subject == "w", "\(String(describing: error))")
    }

    @Test func storagesMustHoldWhatThePickleSays() throws {
        #expect(checkpointError { try open([7], [1], count: 7) }?.kind == .truncated)
        #expect(checkpointError { try open([1 << 61], [1], count: 1 << 61) }?.kind != nil)
        let file = try TorchBytes.zip(Self.oneTensor([6], [1]), [:])
        #expect(checkpointError { try TorchBytes.open(file) }?.kind == .missing)
        let two = P.whole(P.list(P.storage("FloatStorage", "0", 6), P.storage("HalfStorage", "0", 6)))
        #expect(checkpointError { try TorchBytes.open(TorchBytes.zip(two, ["0": Self.values])) }?.kind == .inconsistent)
    }

    @Test func theStackedFormIsRead() throws {
        let file = TorchBytes.stacked(Self.oneTensor([3, 2], [1, 3]), [("0", 6, Self.values)])
        #expect(try TorchBytes.open(file).tensor("w")?.floats == [0, 3, 1, 4, 2, 5])
        for count in 0..<file.count {
            #expect(checkpointError { try TorchBytes.open(Array(file[..<count])) } != nil, "\(count) bytes")
        }
        #expect(checkpointError { try TorchBytes.open(TorchBytes.stacked(Self.oneTensor([6], [1]), [("0", 5, Self.values)])) } != nil)
        #expect(checkpointError { try TorchBytes.open(TorchBytes.stacked(Self.oneTensor([6], [1]), [("1", 6, Self.values)])) } != nil)
        #expect(checkpointError { try TorchBytes.open(P.whole(P.dict([]))) }?.description.contains("not one of torch.save") == true)
    }

    @Test func truncatedZipFilesAreRefused() throws {
        let file = try TorchBytes.zip(Self.oneTensor([6], [1]), ["0": Self.values])
        for count in stride(from: 0, to: file.count, by: 3) {
            #expect(checkpointError { try TorchBytes.open(Array(file[..<count])) } != nil, "\(count) bytes")
        }
    }

    @Test func changedBytesNeverCrash() throws {
        let files = [
            try TorchBytes.zip(Self.oneTensor([3, 2], [1, 3]), ["0": Self.values]),
            TorchBytes.stacked(Self.oneTensor([3, 2], [1, 3]), [("0", 6, Self.values)]),
        ]
        for file in files {
            for place in file.indices {
                var changed = file
                changed[place] ^= UInt8(1 << (place % 8))
                _ = checkpointError { try TorchBytes.open(changed) }
            }
        }
    }

    @Test func overlappingEntriesAreRefused() throws {
        var file = try TorchBytes.zip(Self.oneTensor([6], [1]), ["0": Self.values, "1": Self.values])
        // The last two records of the directory: let the second point to the content of the first.
        let records = file.indices.dropLast(4).filter { file[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 1, 2]) }
        for byte in 42..<46 { file[records[3] + byte] = file[records[2] + byte] }
        let error = checkpointError { try TorchBytes.open(file) }
        #expect(error?.kind == .inconsistent && error?.problem.contains("overlaps") == true)
    }

    @Test func otherArchivesAreRefused() throws {
        let none = try TorchBytes.zip(P.whole(P.none), [:])
        #expect(checkpointError { try TorchBytes.open(none) }?.problem == "holds None, a dict of tensors is needed")
        let script = try TorchBytes.zip(P.whole(P.dict([])), [:], extra: ["archive/constants.pkl": []])
        #expect(checkpointError { try TorchBytes.open(script) }?.problem.contains("TorchScript") == true)
        let empty = try TorchBytes.zip(P.whole(P.dict([("epoch", P.int(1))])), [:])
        let error = checkpointError { try TorchBytes.open(empty) }
        #expect(error?.kind == .missing && error?.description.contains("\"epoch\"") == true)
        let twice = try TorchBytes.zip(P.whole(P.dict([])), [:], extra: ["other/data.pkl": P.whole(P.none)])
        #expect(checkpointError { try TorchBytes.open(twice) }?.problem.contains("more than one") == true)
    }

    @Test func aMaliciousCheckpointIsRefusedAsAWhole() throws {
        let attack = P.call("os", "system", P.text("touch /tmp/owned"))
        let tensor = P.tensor(P.storage("FloatStorage", "0", 6), [6], [1])
        let file = try TorchBytes.zip(P.whole(P.dict([("model", P.dict([("w", tensor)])), ("args", attack)])), ["0": Self.values])
        #expect(checkpointError { try TorchBytes.open(file) }?.subject == "os.system")
    }

    @Test func wrapperPrefixesAreDropped() throws {
        #expect(try state([("state_dict", state(["module.w"]))]).tensors.map(\.key) == ["w"])
    }

    private func state(_ names: [String]) -> [UInt8] {
        P.dict(names.map { ($0, P.tensor(P.storage("FloatStorage", "0", 6), [6], [1])) })
    }

    private func state(_ parts: [(String, [UInt8])], key: String? = nil) throws -> TorchFile {
        let bytes = try TorchBytes.zip(P.whole(P.dict(parts)), ["0": Self.values])
        return try TorchFile(ByteSlice(copying: bytes).owner, path: "test.pth", stateKey: key)
    }

    @Test(arguments: [
        ["model_ema"], ["ema"], ["module"], ["net"], ["model_state_dict"], ["checkpoint", "model"], ["a", "b", "state_dict"],
    ])
    func theStateDictIsWhereTheNamesFit(_ path: [String]) throws {
        let inner = state(["module._orig_mod.quantize.w", "module._orig_mod.encoder.b"])
        let whole = path.dropFirst().reversed().reduce(inner) { P.dict([($1, $0)]) }
        let file = try state([(path[0], whole), ("optimizer", state(["exp_avg"])), ("epoch", P.int(1))])
        #expect(file.tensors.map(\.key) == ["quantize.w", "encoder.b"])
        #expect(
            file.notes == [
                "the state dict under '\(path.joined(separator: "."))' is taken", "prefix 'module._orig_mod.' taken off",
            ])
    }

    @Test func theUsualStateDictIsTakenAndTheChoiceNamed() throws {
        let parts = [("model_ema", state(["quantize.a"])), ("model", state(["quantize.b"])), ("loss", state(["w", "x", "y"]))]
        let usual = try state(parts)
        #expect(usual.tensors.map(\.key) == ["quantize.b"])
        #expect(usual.notes == ["the state dict under 'model' is taken; others are under 'model_ema' (--state-key chooses)"])
        #expect(try state(parts, key: "model_ema").tensors.map(\.key) == ["quantize.a"])
        #expect(try state(parts, key: "loss").tensors.count == 3)
        let error = checkpointError { try state(parts, key: "nothing") }
        #expect(error?.kind == .missing && error?.advice?.contains("'model_ema'") == true)
    }

    @Test func aKeyMayEndInTheNames() throws {
        let parts = [("state_dict", state(["student.quantize.a", "teacher.quantize.b", "head.w"]))]
        #expect(try state(parts).tensors.map(\.key) == ["quantize.a"])
        #expect(try state(parts, key: "state_dict.teacher").tensors.map(\.key) == ["quantize.b"])
        #expect(try state(parts, key: "head").tensors.map(\.key) == ["w"])
    }

    @Test func wholeObjectsAreNamed() throws {
        let module = P.global("torch.nn.modules.linear", "Linear") + [0x29, 0x81] + state(["weight"]) + [0x62]
        let error = checkpointError { try TorchBytes.open(try TorchBytes.zip(P.whole(module), ["0": Self.values])) }
        #expect(error?.subject == "torch.nn.modules.linear.Linear" && error?.advice?.contains("state_dict()") == true)
        let inside = checkpointError { try state([("model", module), ("epoch", P.int(1))]) }
        #expect(inside?.subject == "torch.nn.modules.linear.Linear" && inside?.problem.contains("'model'") == true)
    }

    @Test func tensorsThatCannotBeReadAreLeftWithAReason() throws {
        let sparse = P.call("torch._utils", "_rebuild_sparse_tensor", P.none)
        let complex = P.tensor(P.storage("ComplexFloatStorage", "0", 3), [3], [1])
        let good = P.tensor(P.storage("FloatStorage", "1", 6), [6], [1])
        let pickle = P.whole(P.dict([("quantize.w", good), ("quantize.s", sparse), ("quantize.c", complex)]))
        for bytes in [
            try TorchBytes.zip(pickle, ["0": Self.values, "1": Self.values]),
            TorchBytes.stacked(pickle, [("0", 3, Self.values), ("1", 6, Self.values)]),
        ] {
            let file = try TorchBytes.open(bytes)
            #expect(file.tensors.map(\.key) == ["quantize.w"])
            #expect(file.unread["quantize.s"]?.contains("to_dense()") == true)
            #expect(file.unread["quantize.c"]?.contains("complex") == true)
        }
    }

    @Test func float8IsReadAsHalves() throws {
        let storage = P.tuple(P.text("storage"), P.global("torch", "UntypedStorage"), P.text("0"), P.text("cpu"), P.long(4)) + [0x51]
        func sizes(_ value: Int) -> [UInt8] { P.tuple(P.long(value)) }
        let tensor = P.call(
            "torch._utils", "_rebuild_tensor_v3", storage, P.long(0), sizes(2), sizes(2), [0x89], P.none, P.global("torch", "float8_e4m3fn")
        )
        let bytes = try TorchBytes.zip(P.whole(P.dict([("w", tensor)])), ["0": [0x38, 0, 0xC0, 0]])
        let file = try TorchBytes.open(bytes)
        #expect(file.tensor("w")?.dtype == .f16 && file.tensor("w")?.floats == [1, -2])
        #expect(file.details == ["1 tensors of float8_e4m3fn are read as f16, which holds all its values"])
    }

    /// A zip archive of Python's zipfile with ZIP_DEFLATED.
    @Test func compressedFilesAreRead() throws {
        let bytes = try TorchBytes.zip(Self.oneTensor([3, 2], [1, 3]), ["0": Self.values])
        let packed = try DeflatedZip.of(bytes)
        #expect(packed != bytes)
        #expect(try TorchBytes.open(packed).tensor("w")?.floats == [0, 3, 1, 4, 2, 5])
    }

    @Test func cutFilesAreCalledCut() throws {
        let zip = try TorchBytes.zip(Self.oneTensor([6], [1]), ["0": Self.values])
        let stacked = TorchBytes.stacked(Self.oneTensor([6], [1]), [("94309935824336", 6, Self.values)].map { ("0", $0.1, $0.2) })
        for bytes in [zip.dropLast(40), stacked.dropLast(8), stacked.prefix(60)] {
            let error = checkpointError { try TorchBytes.open(Array(bytes)) }
            #expect(error?.kind == .truncated && error?.advice == TorchArchive.cutOff, "\(String(describing: error))")
        }
    }
}
