import Foundation
import FourMSettings
import FourMText
import Importers
import Media
import Passes

@testable import Formats
@testable import IR

/// A parser of untrusted bytes. It may refuse its input by throwing; anything worse is a fault.
struct Target {
    let name: String
    let parse: @Sendable ([UInt8]) throws -> Void
}

extension Target {
    /// Readers of further formats join here, with seeds in Scripts/fuzz.sh.
    static let all = [
        Target(name: "safetensors") { bytes in
            let file = try SafeTensorsFile(ByteSlice(copying: bytes).owner, path: "f")
            _ = try Checkpoint(name: "f", merging: [file]).mergingOwnAdapters()
        },
        Target(name: "torch") { bytes in
            _ = try TorchFile(ByteSlice(copying: bytes).owner, path: "f", verify: false).aliases
        },
        Target(name: "pickle") { try pickle($0) },
        Target(name: "json") { bytes in
            _ = try ConfigValue(json: bytes, file: "f").description
        },
        Target(name: "yaml") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = HeaderText.parse(text).description
            _ = try ConfigFile(yaml: text, file: "f").generationSettingsAndSources()
        },
        Target(name: "tokenizer") { bytes in
            let tokenizer = try TextTokenizer(json: Data(bytes), file: "f")
            _ = tokenizer.decode(tokenizer.encode("A red cat, v0=12 [S_1] é\u{301}").ids)
        },
        Target(name: "picture") { _ = try ImageFile.decode(bytes: $0, name: "f").rgb },
        Target(name: "numpy") { try numpy($0) },
        Target(name: "tar") { bytes in
            let archive = try TarArchive(ByteSlice(copying: bytes), path: "f")
            for entry in archive.entries { precondition(entry.content.count <= bytes.count && !entry.name.isEmpty) }
        },
        Target(name: "onnx") { try onnx($0) },
        Target(name: "ir") { try text($0) },
        Target(name: "tess") { try compiled($0) },
    ]

    private static func pickle(_ bytes: [UInt8]) throws {
        let pickle = try bytes.withUnsafeBytes { try PickleReader.read($0, file: "f", part: "pickle").pickle }
        _ = try pickle.config(pickle.root, file: "f")
    }

    /// A `.npy` file, or an archive of them whose checksums do not matter here.
    private static func numpy(_ bytes: [UInt8]) throws {
        let slice = ByteSlice(copying: bytes)
        guard bytes.starts(with: [0x50, 0x4B]) else {
            _ = try NumpyFile.decode(slice, name: "f")
            return
        }
        let archive = try ZipArchive(slice, path: "f")
        for entry in archive.entries { _ = try NumpyFile.decode(archive.content(of: entry, verify: false), name: entry.name) }
    }

    /// A model, imported and cleaned if it can be; and the same bytes as a value.
    private static func onnx(_ bytes: [UInt8]) throws {
        for type in [ONNXType.tensor(1, nil), .sequence(.unknown), .optional(.unknown)] {
            _ = try? ONNXValueFile.read(ByteSlice(copying: bytes), as: type, path: "f")
        }
        let model = try ONNXModel(ByteSlice(copying: bytes), path: "/nowhere/f")
        let module = try ONNXImporter.importModel(model)
        try module.verify()
        try PassManager.run(module, .clean).module.verify()
    }

    /// What parses must print as text that parses to the same; what verifies must not bring the passes down, and what they make of it
    /// verifies too.
    private static func text(_ bytes: [UInt8]) throws {
        let module = try Module(parsing: String(decoding: bytes, as: UTF8.self))
        let printed = module.description
        let again = try? Module(parsing: printed).description
        precondition(again == printed, "printed text reads back as something else")
        try module.verify()
        let clean = module.stage == .imported ? try PassManager.run(module, .clean).module : module
        _ = try PassManager.run(clean.stage == .lowered ? clean.raised() : clean, .lower()).module.verify()
    }
}

extension ConfigFile {
    fileprivate func generationSettingsAndSources() throws -> (ModelSources, Int, Int) {
        (try modelSources(), try seed(), try variations())
    }
}
