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
        let tensor = P.tensor(P.storage("FloatStorage", "0", 6), [6], [1])
        let file = try TorchBytes.zip(P.whole(P.dict([("state_dict", P.dict([("module.w", tensor)]))])), ["0": Self.values])
        #expect(try TorchBytes.open(file).tensors.map(\.key) == ["w"])
    }
}
