import Testing

@testable import Files

@Suite struct FileKindFirstBytesTests {
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let cases: [(FileKind?, [UInt8])] = [
        (.empty, []), (.zeros, [UInt8](repeating: 0, count: 64)), (.gitLFSPointer, text("version https://git-lfs.github.com/spec/v1\n")),
        (.html, text("\n<!DOCTYPE html><html>")), (.xml, text("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>")),
        (.openVINO, text("<?xml version=\"1.0\"?>\n<net name=\"a\" version=\"11\">")), (.json, text("{\"dim\": 3}")),
        (.errorMessage, text("{\"error\":\"Repository not found\"}")), (.errorMessage, text("Entry not found")),
        (.utf16, [0xFF, 0xFE, 0x7B, 0]), (.utf16, text("{\"a\": 1}").flatMap { [$0, 0] }), (.zip, [0x50, 0x4B, 3, 4] + text("a.txt")),
        (.npz, [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26) + text("image.npy")),
        (.torchZip, [0x50, 0x4B, 3, 4] + text("archive/data.pkl")), (.gzip, [0x1F, 0x8B, 8]), (.bzip2, text("BZh91AY")),
        (.xz, [0xFD] + text("7zXZ\0")), (.rar, text("Rar!\u{1A}\u{7}")), (.zstd, [0x28, 0xB5, 0x2F, 0xFD]), (.gguf, text("GGUF\u{3}")),
        (.ggml, text("tjgg\u{1}")), (.hdf5, [0x89] + text("HDF\r\n\u{1A}\n")), (.tfLite, [0x1C, 0, 0, 0] + text("TFL3")),
        (.onnx, [0x08, 0x07, 0x12, 0x07] + text("pytorch")), (.tensorFlow, [0x08, 0x01, 0x12, 0x90, 0x03, 0x0A, 0x20]),
        (.tensorFlow, [0x0A, 0x20, 0x0A, 0x05] + text("input\u{12}\u{B}Placeholder")),
        (.tensorFlow, [0, 0, 6, 0x08, 1, 0x1A, 2, 0x08, 1, 0]), (.tensorFlow, text("model_checkpoint_path: \"ckpt-1\"")),
        (.parquet, text("PAR1")), (.sqlite, text("SQLite format 3\0")), (.pickle, [0x80, 4, 0x95, 0]),
        // Lengths of headers that look like BMP, gzip and UTF-16.
        (.safetensors, [0x42, 0x4D, 0, 0, 0, 0, 0, 0] + text("{\"a\"")), (.safetensors, [0x1F, 0x8B, 0, 0, 0, 0, 0, 0] + text("{\"a\"")),
        (.safetensors, [0xFF, 0xFE, 0, 0, 0, 0, 0, 0] + text("{\"a\"")), (nil, text("a cat on a mat")),
        (nil, text("model: fm.safetensors")),
    ]

    @Test(arguments: cases.indices)
    func filesAreKnownByTheirFirstBytes(_ index: Int) {
        let (kind, bytes) = Self.cases[index]
        #expect(FileKind(bytes) == kind, "\(bytes.prefix(12))")
    }

    @Test func allHaveTitles() {
        for kind in FileKind.allCases { #expect(!kind.title.isEmpty && kind.remedy?.isEmpty != true) }
    }
}
