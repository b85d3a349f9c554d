import Foundation
import IR
import Testing

@testable import Formats

@Suite struct NumpyTests {
    private static let types: [DType] = [.f16, .f32, .f64, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .bool]

    private func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> ByteSlice {
        let text = Array(header.utf8)
        let length = version == 1 ? UInt16(text.count).littleEndianBytes : UInt32(text.count).littleEndianBytes
        return ByteSlice(copying: [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data)
    }

    @Test(arguments: types) func roundTrip(_ dtype: DType) throws {
        let folder = try TemporaryFolder()
        for shape in [[], [6], [2, 3], [1, 2, 3, 1], [0, 4]] {
            let count = Tensor.elementCount(shape) ?? 0
            let tensor = Tensor((0..<count).map { Double($0 % 3) }, shape, as: dtype)
            try NumpyFile.write(tensor, to: folder.file("a.npy"))
            #expect(try NumpyFile.read(folder.file("a.npy")) == tensor)
        }
    }

    @Test func typesNumPyLacksAreWidened() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.npy")
        try NumpyFile.write(Tensor([1.5, -2], [2], as: .bf16), to: path)
        #expect(try NumpyFile.read(path) == Tensor([1.5, -2], [2]))
        try NumpyFile.write(Tensor(integers: [-8, 7, 1], [3], as: .i4), to: path)
        #expect(try NumpyFile.read(path) == Tensor(integers: [-8, 7, 1], [3], as: .i8))
    }

    @Test(arguments: [UInt8(1), 2, 3]) func versionsOrdersAndEndianness(_ version: UInt8) throws {
        // numpy.asfortranarray([[1, 2, 3], [4, 5, 6]]).astype('>i2')
        let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }  \n"
        let data: [UInt8] = [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]
        let tensor = try NumpyFile.decode(npy(header, data, version: version), name: "t")
        #expect(tensor == Tensor(integers: [1, 2, 3, 4, 5, 6], [2, 3], as: .i16))
        let plain = "{\"shape\": (2L,), 'fortran_order': False, 'descr': '<f4'}"
        let values = try NumpyFile.decode(npy(plain, [0, 0, 128, 63, 0, 0, 0, 192], version: version), name: "t")
        #expect(values == Tensor([1, -2], [2]))
    }

    @Test func fortranOrderOfThreeAxes() throws {
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}"
        let tensor = try NumpyFile.decode(npy(header, (0..<24).map { UInt8($0) }), name: "t")
        let expected = (0..<24).map { index in index / 12 + index / 4 % 3 * 2 + index % 4 * 6 }
        #expect(tensor.integers == expected)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': 'O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "{'descr': '<f4', 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ((((((((((((2,),),),),),),),),),),)}",
    ])
    func refusesBadHeaders(_ header: String) {
        let bytes = npy(header, [UInt8](repeating: 0, count: 8))
        #expect(checkpointError { try NumpyFile.decode(bytes, name: "bad.npy") }?.file == "bad.npy")
    }

    @Test func damagedFilesNeverCrash() throws {
        let folder = try TemporaryFolder()
        try NumpyArchive.write(["a": Tensor([1, 2], [2]), "b": Tensor(zeros: .u8, [3, 3])], to: folder.file("v.npz"))
        let archive = try contents(folder.file("v.npz"))
        let array = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}", [0, 0, 0, 0, 1, 1, 1, 1])
            .withBytes { Array($0) }
        var random = SplitMix(state: 7)
        var refused = 0
        for round in 0..<3000 {
            var bytes = round % 2 == 0 ? array : archive
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if round % 3 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
            let slice = ByteSlice(copying: bytes)
            do throws(CheckpointError) {
                if round % 2 == 0 {
                    _ = try NumpyFile.decode(slice, name: "f").doubles
                } else {
                    let archive = try ZipArchive(slice, path: "f")
                    for entry in archive.entries { _ = try archive.content(of: entry) }
                }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000)
    }

    @Test func archiveRoundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.npz")
        let arrays = [
            "x": Tensor([1, 2, 3], [3]), "sub/é": Tensor(integers: [5], [1, 1]), "e": Tensor(zeros: .f64, [0]),
        ]
        try NumpyArchive.write(arrays, to: path)
        #expect(try NumpyArchive.read(path) == arrays)
        let zip = try ZipArchive(ByteSlice(MappedFile.open(path)), path: path)
        for entry in zip.entries { #expect(entry.range.lowerBound % 64 == 0) }
        try NumpyArchive.write([:], to: path)
        #expect(try NumpyArchive.read(path).isEmpty)
    }

    @Test func checksumIsThatOfZip() {
        #expect(
            CRC32.of([ByteSlice(copying: Array("1234".utf8)), ByteSlice(copying: Array("56789".utf8))]) == 0xCBF4_3926)
    }

    /// `numpy.savez_compressed(x=numpy.zeros(1000, "<f4"), y=numpy.array([[1, 2, 3]], "<i2"))` of NumPy 2.4.
    private static let packed = """
        UEsDBC0AAAAIAAAAIQClwJRO//////////8FABQAeC5ucHkBABAAIBAAAAAAAABjAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSY
        F59flJIKEndLzClOBYoXZyQWpAL5GoYGBgY6mjoKtQrkAi6GUTAKRsEoGAWjYBSMglEwCkbBKBgFo2AUDDgAAFBLAwQtAAAACAAAACEAEqs6Cv//////////
        BQAUAHkubnB5AQAQAIYAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mkrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOgrG
        mjoKtQpkAy5GBiYGZgYAUEsBAi0DLQAAAAgAAAAhAKXAlE5jAAAAIBAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAgAAAAhABKrOgpMAAAA
        hgAAAAUAAAAAAAAAAAAAAIABmgAAAHkubnB5UEsFBgAAAAACAAIAZgAAAB0BAAAAAA==
        """

    @Test func compressedArchivesAreRead() throws {
        let folder = try TemporaryFolder()
        let bytes = try #require(Data(base64Encoded: Self.packed, options: .ignoreUnknownCharacters))
        let arrays = try NumpyArchive.read(try folder.write([UInt8](bytes), "packed.npz"))
        #expect(arrays == ["x": Tensor(zeros: .f32, [1000]), "y": Tensor(integers: [1, 2, 3], [1, 3], as: .i16)])
    }

    /// Every byte of the archive in turn, and sizes that nothing so small can unpack to.
    @Test func damagedCompressedArchivesAreRefused() throws {
        let whole = [UInt8](try #require(Data(base64Encoded: Self.packed, options: .ignoreUnknownCharacters)))
        var refused = 0
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 0x55
            do throws(CheckpointError) {
                let archive = try ZipArchive(ByteSlice(copying: bytes), path: "f")
                for entry in archive.entries { _ = try archive.content(of: entry) }
            } catch {
                refused += 1
            }
        }
        #expect(refused > whole.count / 2)
        for size in [UInt32(1) << 31, UInt32.max - 1] {
            var bytes = whole
            let directory = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
            bytes.replaceSubrange(directory + 24..<directory + 28, with: size.littleEndianBytes)
            let archive = try ZipArchive(ByteSlice(copying: bytes), path: "f")
            let entry = try #require(archive.entries.first)
            #expect(entry.size == Int(size))
            #expect(checkpointError { try archive.content(of: entry) }?.kind == .malformed)
        }
    }

    @Test func damagedContentIsFound() throws {
        let folder = try TemporaryFolder()
        try NumpyArchive.write(["x": Tensor([1, 2, 3], [3])], to: folder.file("a.npz"))
        var bytes = try contents(folder.file("a.npz"))
        bytes[64 + 128] ^= 1
        let error = checkpointError { try NumpyArchive.read(try folder.write(bytes, "b.npz")) }
        #expect(error?.kind == .malformed && error?.subject == "x.npy")
    }
}
