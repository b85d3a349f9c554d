import Foundation
import IR
import Testing

@testable import Formats

@Suite struct SafeTensorsTests {
    private static let types = DType.allCases.filter { $0.bits >= 8 && $0.narrowFloat == nil }

    @Test func roundTripOfEveryType() throws {
        let folder = try TemporaryFolder()
        var tensors: [String: Tensor] = ["scalar": Tensor([7], []), "empty": Tensor(zeros: .i16, [0, 3])]
        for (index, dtype) in SafeTensorsTests.types.enumerated() {
            tensors["t \"\(index)\"\n"] = Tensor([0, 1, 1, 0, 1], [5, 1], as: dtype)
        }
        let path = folder.file("a.safetensors")
        let metadata = ["k\u{1}é": "v\"\\\n", "format": "pt"]
        try SafeTensorsWriter.write(tensors, metadata: metadata, to: path)
        let file = try SafeTensorsFile(path: path)
        #expect(file.metadata == metadata)
        #expect(file.byName.compactMapValues(\.tensor) == tensors)
        let first = try #require(file.tensors.first?.bytes)
        #expect(first.offset % 64 == 0)
        for tensor in file.tensors { #expect(tensor.bytes?.owner === first.owner) }
    }

    @Test func writesTheSameBytesWhateverTheOrder() throws {
        let folder = try TemporaryFolder()
        let tensors = (0..<20).map { Constant(key: "t\($0)", Tensor([Float($0)], [1])) }
        try SafeTensorsWriter.write(tensors, metadata: ["a": "1", "b": "2"], to: folder.file("1"))
        try SafeTensorsWriter.write(tensors.reversed(), metadata: ["b": "2", "a": "1"], to: folder.file("2"))
        let files = try ["1", "2"].map { ByteSlice(try MappedFile.open(folder.file($0))) }
        #expect(files[0].elementsEqual(files[1]))
    }

    @Test func replacingAMappedFileLeavesTheMappingIntact() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.safetensors")
        try SafeTensorsWriter.write(["a": Tensor([1, 2, 3], [3])], to: path)
        let old = try SafeTensorsFile(path: path)
        try SafeTensorsWriter.write(old.tensors + [Constant(key: "b", Tensor([9], [1]))], to: path)
        #expect(old.byName["a"]?.tensor?.floats == [1, 2, 3])
        #expect(try SafeTensorsFile(path: path).tensors.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.safetensors"])
    }

    @Test func writerRefuses() throws {
        let folder = try TemporaryFolder()
        let good = Constant(key: "a", Tensor([1], [1]))
        let cases: [([Constant], CheckpointError.Kind)] = [
            ([good, good], .duplicate), ([Constant(key: "__metadata__", Tensor([1], [1]))], .duplicate),
            ([Constant(key: "q", Tensor(zeros: .i4, [2]))], .unsupported),
            ([Constant(key: "n", type: TensorType(.f32, [1]), bytes: nil)], .missing),
            ([Constant(key: "s", type: TensorType(.f32, [.symbol("n")]), bytes: good.bytes)], .missing),
            ([Constant(key: "w", type: TensorType(.f32, [2]), bytes: good.bytes)], .missing),
        ]
        for (tensors, kind) in cases {
            let path = folder.file("x.safetensors")
            #expect(checkpointError { try SafeTensorsWriter.write(tensors, to: path) }?.kind == kind)
        }
        #expect(checkpointError { try SafeTensorsWriter.write([good], to: folder.file("no/x")) }?.kind == .unwritable)
        #expect(checkpointError { try SafeTensorsWriter.write([good], to: folder.path) }?.kind == .unwritable)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func misalignedDataAreCopied() throws {
        let bytes = safeTensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   "#, data: [0, 0, 128, 63])
        let file = try openSafeTensors(bytes)
        let tensor = try #require(file.tensors.first)
        #expect(tensor.tensor?.floats == [1])
        #expect(Int(bitPattern: try #require(tensor.bytes).pointer) % 4 == 0)
    }

    @Test func typesThatAreNotReadAreNamed() throws {
        let header = #"{"w":{"dtype":"F8_E8M0","shape":[4],"data_offsets":[0,4]}}"#
        let error = checkpointError { try openSafeTensors(safeTensors(header, data: [0, 0, 0, 0])) }
        #expect(error?.kind == .unsupported && error?.subject == "w")
        #expect(try #require(error).description.contains("F8_E8M0"))
    }

    @Test(arguments: [
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#,
        #"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}"#,
        #"{"a":{"dtype":"U8","shape":4,"data_offsets":[0,4]}}"#, #"{"a":{"dtype":8,"shape":[4],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"u8","shape":[4],"data_offsets":[0,4]}}"#, #"{"a":[1]}"#, #"{"__metadata__":[]}"#, "{}", "null",
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}"#,
        #"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[9223372036854775807,9223372036854775807]}}"#,
    ])
    func refusesBadHeaders(_ header: String) {
        #expect(checkpointError { try openSafeTensors(safeTensors(header, data: [1, 2, 3, 4])) } != nil)
    }

    @Test func acceptsEmptyFilesAndUnknownFields() throws {
        #expect(try openSafeTensors(safeTensors("{}")).tensors.isEmpty)
        #expect(try openSafeTensors(safeTensors(#"{"__metadata__":null}"#)).metadata.isEmpty)
        let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":{"x":[1]}}}"#
        #expect(try openSafeTensors(safeTensors(header, data: [5])).tensors.first?.tensor?.integers == [5])
    }

    /// Also where looking for the folder fails in another way after making it has.
    @Test func foldersTellWhyTheyCannotBeMade() {
        let refused = checkpointError { try Folders.make("/sys/kernel/tessera-test") }
        #expect(refused?.description.contains("No such file") == false, "\(refused?.description ?? "made")")
    }
}
