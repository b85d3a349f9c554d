/// What a file is by its first bytes, whatever it is called.
package enum FileKind: String, Sendable, CaseIterable {
    case empty, zeros, gitLFSPointer, html, xml, json
    /// What a server said instead of sending the file.
    case errorMessage
    case utf16
    case zip, tar, gzip, zstd, sevenZip
    case bzip2, xz, rar
    case png, jpeg, webP, gif, bmp, tiff, heic, avif
    case jpeg2000, jpegXL, cameraRaw, photoshop, gimp, icon, netpbm, openEXR, radiance, qoi, dds, svg, pdf, postScript, video, appleDouble
    case safetensors, torchZip, pickle, numpy, gguf, onnx, hdf5
    case npz, ggml, tensorFlow, tfLite, openVINO
    case parquet, arrow, sqlite

    /// How many of a file's first bytes are needed.
    package static let headCount = 512

    /// nil for what is not recognised.
    /// - Parameter head: the file's first ``headCount`` bytes, or all of it if it is shorter.
    package init?(_ head: some Collection<UInt8>) {
        let head = Array(head.prefix(FileKind.headCount))
        guard !head.isEmpty else {
            self = .empty
            return
        }
        if let kind = FileKind.byMagic(head) ?? FileKind.byStructure(head) ?? FileKind.byText(head) { self = kind } else { return nil }
    }

    private static let magics: [(at: Int, bytes: [UInt8], kind: FileKind)] =
        pictureMagics + [
            (0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .png), (0, [0xFF, 0xD8, 0xFF], .jpeg), (0, Array("GIF8".utf8), .gif),
            (8, Array("WEBP".utf8), .webP), (0, Array("BM".utf8), .bmp), (0, [0x49, 0x49, 0x2A, 0x00], .tiff),
            (0, [0x4D, 0x4D, 0x00, 0x2A], .tiff), (4, Array("ftypavif".utf8), .avif), (4, Array("ftypheic".utf8), .heic),
            (4, Array("ftypheix".utf8), .heic), (4, Array("ftypmif1".utf8), .heic), (0, [0x1F, 0x8B], .gzip),
            (0, Array("BZh".utf8), .bzip2), (0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .xz),
            (0, [0x28, 0xB5, 0x2F, 0xFD], .zstd), (0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .sevenZip), (257, Array("ustar".utf8), .tar),
            (0, [0x93] + Array("NUMPY".utf8), .numpy), (0, Array("GGUF".utf8), .gguf), (0, [0x89] + Array("HDF\r\n".utf8), .hdf5),
            (0, Array("version https://git-lfs".utf8), .gitLFSPointer),
            (0, Array("Rar!".utf8) + [0x1A, 0x07], .rar),
            // 'ggml', 'ggjt', 'ggmf', 'ggla' as little-endian numbers.
            (0, Array("lmgg".utf8), .ggml), (0, Array("tjgg".utf8), .ggml), (0, Array("fmgg".utf8), .ggml), (0, Array("algg".utf8), .ggml),
            (4, Array("TFL3".utf8), .tfLite), (0, Array("model_checkpoint_path:".utf8), .tensorFlow),
            (0, Array("PAR1".utf8), .parquet), (0, Array("ARROW1".utf8), .arrow), (0, Array("SQLite format 3\0".utf8), .sqlite),
            (0, [0xFF, 0xFE], .utf16), (0, [0xFE, 0xFF], .utf16),
        ]

    /// Pictures and the like that are not read here. They come first: camera raw files of Canon, Olympus and Panasonic are TIFF inside.
    private static let pictureMagics: [(at: Int, bytes: [UInt8], kind: FileKind)] = [
        (4, Array("jP  ".utf8), .jpeg2000), (0, [0xFF, 0x4F, 0xFF, 0x51], .jpeg2000), (4, Array("JXL ".utf8), .jpegXL),
        (0, [0xFF, 0x0A], .jpegXL), (0, [0x49, 0x49, 0x2A, 0x00, 0x10, 0, 0, 0, 0x43, 0x52], .cameraRaw),
        (4, Array("ftypcrx ".utf8), .cameraRaw), (0, Array("FUJIFILMCCD-RAW".utf8), .cameraRaw), (0, Array("IIU\0".utf8), .cameraRaw),
        (0, Array("IIRO".utf8), .cameraRaw), (0, Array("FOVb".utf8), .cameraRaw), (0, Array("8BPS".utf8), .photoshop),
        (0, Array("gimp xcf".utf8), .gimp), (0, [0x76, 0x2F, 0x31, 0x01], .openEXR), (0, Array("#?RADIANCE".utf8), .radiance),
        (0, Array("qoif".utf8), .qoi), (0, Array("DDS ".utf8), .dds), (0, Array("%PDF-".utf8), .pdf), (0, Array("%!PS".utf8), .postScript),
        (4, Array("ftypavis".utf8), .avif), (4, Array("ftyphevc".utf8), .heic), (4, Array("ftypheim".utf8), .heic),
        (4, Array("ftypmsf1".utf8), .heic), (4, Array("ftypisom".utf8), .video), (4, Array("ftypiso2".utf8), .video),
        (4, Array("ftypmp4".utf8), .video), (4, Array("ftypqt".utf8), .video), (4, Array("ftypM4V".utf8), .video),
        (0, [0x1A, 0x45, 0xDF, 0xA3], .video), (8, Array("AVI ".utf8), .video), (0, [0, 5, 0x16, 7], .appleDouble),
    ]

    private static func byMagic(_ head: [UInt8]) -> FileKind? {
        // safetensors: the length of a JSON object, then the object. Lengths can look like other magic numbers.
        if head.count > 9, head[8] == UInt8(ascii: "{"), head[5] == 0, head[6] == 0, head[7] == 0 { return .safetensors }
        if let found = magics.first(where: { head.dropFirst($0.at).starts(with: $0.bytes) }) { return found.kind }
        guard head.starts(with: [0x50, 0x4B, 0x03, 0x04]) else { return nil }
        // torch.save puts its pickle first, below a folder of any name.
        let text = String(decoding: head, as: UTF8.self)
        return text.contains("/data.pkl") ? .torchZip : text.contains(".npy") ? .npz : .zip
    }

    private static func byStructure(_ head: [UInt8]) -> FileKind? {
        if head.allSatisfy({ $0 == 0 }) { return .zeros }
        if isTensorFlow(head) { return .tensorFlow }
        if isWideText(head) { return .utf16 }
        // ICO: type 1, the count of pictures, a reserved byte in the first entry.
        if head.count > 9, head.starts(with: [0, 0, 1, 0]), head[4] > 0, head[5] == 0, head[9] == 0 { return .icon }
        // P1 to P7 and white space.
        if head.count > 3, head[0] == UInt8(ascii: "P"), (0x31...0x37).contains(head[1]), [0x0A, 0x0D, 0x20].contains(head[2]) {
            return .netpbm
        }
        // A pickle of protocol 2 to 5.
        if head.count > 2, head[0] == 0x80, (2...5).contains(head[1]) { return .pickle }
        // ModelProto: field 1, ir_version, a small varint; then field 2 to 8.
        if head.count > 3, head[0] == 0x08, (1...32).contains(head[1]), [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(head[2]) {
            return .onnx
        }
        return nil
    }

    /// SavedModel (version 1, then a message that begins with a message), GraphDef (a node that begins with its name), and the table of a
    /// checkpoint, whose first entry has an empty key and a header of three fields.
    private static func isTensorFlow(_ head: [UInt8]) -> Bool {
        if head.starts(with: [0x08, 0x01, 0x12]) {
            return head.dropFirst(3).drop { $0 >= 0x80 }.dropFirst().first == 0x0A
        }
        if head.count > 8, head.starts(with: [0x0A]), head.dropFirst().drop(while: { $0 >= 0x80 }).dropFirst().first == 0x0A {
            return ["Placeholder", "Const", "VarHandleOp"].contains(where: String(decoding: head, as: UTF8.self).contains)
        }
        return head.count > 8 && head.starts(with: [0, 0]) && head[3] == 0x08 && head[5] == 0x1A && head[7] == 0x08
    }

    /// Text of two bytes for a character, without a mark before it.
    private static func isWideText(_ head: [UInt8]) -> Bool {
        guard head.count > 7 else { return false }
        let isText = { (byte: UInt8) in byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        return [0, 1].contains { first in
            stride(from: 0, to: 8, by: 2).allSatisfy { isText(head[$0 + first]) && head[$0 + 1 - first] == 0 }
        }
    }

    /// What servers say in place of a file, in the first words.
    private static let serverWords = [
        "entry not found", "repository not found", "not found", "404", "403", "401", "access to model", "access denied", "forbidden",
        "unauthorized", "invalid username", "too many requests", "rate limit", "internal server error", "bad gateway",
        "service unavailable",
    ]

    private static func byText(_ head: [UInt8]) -> FileKind? {
        let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return .html }
        if text.hasPrefix("<svg") || text.hasPrefix("<?xml") && text.contains("<svg") { return .svg }
        if text.hasPrefix("<?xml") || text.hasPrefix("<error") {
            return text.contains("<html") ? .html : text.contains("<net ") ? .openVINO : .xml
        }
        if text.hasPrefix("<net ") { return .openVINO }
        if head.count < headCount, serverWords.contains(where: text.hasPrefix) { return .errorMessage }
        guard text.hasPrefix("{") || text.hasPrefix("[") else { return nil }
        let start = text.dropFirst().drop { $0.isWhitespace }
        return head.count < headCount && ["\"error\"", "\"message\"", "\"errors\""].contains(where: start.hasPrefix) ? .errorMessage : .json
    }

    /// `a Git LFS pointer`, `an HTML page`, …
    package var title: String {
        switch self {
        case .empty: "an empty file"
        case .zeros: "nothing but zeros"
        case .gitLFSPointer: "a Git LFS pointer"
        case .html: "an HTML page"
        case .xml: "an XML document"
        case .json: "a JSON document"
        case .errorMessage: "an error message of a server"
        case .utf16: "UTF-16 text"
        case .zip: "a zip archive"
        case .tar: "a tar archive"
        case .gzip: "gzip-compressed"
        case .zstd: "zstd-compressed"
        case .sevenZip: "a 7z archive"
        case .bzip2: "bzip2-compressed"
        case .xz: "xz-compressed"
        case .rar: "a RAR archive"
        case .png: "a PNG picture"
        case .jpeg: "a JPEG picture"
        case .webP: "a WebP picture"
        case .gif: "a GIF picture"
        case .bmp: "a BMP picture"
        case .tiff: "a TIFF picture"
        case .heic: "a HEIC picture"
        case .avif: "an AVIF picture"
        case .jpeg2000: "a JPEG 2000 picture"
        case .jpegXL: "a JPEG XL picture"
        case .cameraRaw: "a camera's raw picture"
        case .photoshop: "a Photoshop document"
        case .gimp: "a GIMP document"
        case .icon: "an icon (ICO)"
        case .netpbm: "a Netpbm picture (PPM, PGM or the like)"
        case .openEXR: "an OpenEXR picture"
        case .radiance: "a Radiance HDR picture"
        case .qoi: "a QOI picture"
        case .dds: "a DDS texture"
        case .svg: "an SVG drawing"
        case .pdf: "a PDF document"
        case .postScript: "a PostScript document"
        case .video: "a video"
        case .appleDouble: "what macOS keeps beside a file (AppleDouble)"
        case .safetensors: "a safetensors file"
        case .torchZip: "a file of torch.save"
        case .pickle: "a pickle"
        case .numpy: "a NumPy array"
        case .gguf: "a GGUF model"
        case .onnx: "an ONNX model"
        case .hdf5: "an HDF5 file, such as Keras and TensorFlow write"
        case .npz: "an .npz archive of NumPy arrays"
        case .ggml: "a GGML model"
        case .tensorFlow: "a TensorFlow model"
        case .tfLite: "a TensorFlow Lite model"
        case .openVINO: "an OpenVINO model"
        case .parquet: "a Parquet table"
        case .arrow: "an Arrow table"
        case .sqlite: "an SQLite database"
        }
    }

    /// What helps where a file of this kind stands in another's place; nil where nothing in general does.
    package var remedy: String? {
        switch self {
        case .empty, .zeros: "the download or copy was cut off; get the file anew"
        case .gitLFSPointer: "fetch the file itself with 'git lfs pull'"
        case .utf16: "save it as UTF-8"
        case .html, .xml, .errorMessage:
            "the server answered with a message instead of the file; look at what it says, and get the file anew"
        case .zip, .tar, .gzip, .zstd, .sevenZip, .bzip2, .xz, .rar: "unpack it first"
        case .gguf, .hdf5, .ggml, .tensorFlow, .tfLite, .openVINO: "it cannot be read; get the model as safetensors"
        case .npz, .parquet, .arrow, .sqlite: nil
        case .gif, .bmp, .tiff, .heic, .avif: "convert it to PNG or JPEG"
        case .jpeg2000, .jpegXL, .icon, .netpbm, .openEXR, .radiance, .qoi, .dds: "convert it to PNG or JPEG"
        case .cameraRaw: "develop it to JPEG or PNG"
        case .photoshop, .gimp: "export it as PNG or JPEG"
        case .svg, .pdf, .postScript: "render it to PNG"
        case .video: "take single frames of it as PNG or JPEG"
        case .appleDouble: "the file itself has the same name without '._'"
        case .webP: nil
        case .json, .png, .jpeg, .safetensors, .torchZip, .pickle, .numpy, .onnx: nil
        }
    }
}
