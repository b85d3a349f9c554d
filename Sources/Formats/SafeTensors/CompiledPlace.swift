import Files
import Glibc
import IR

/// Where a compiled model is: a file, or a file that holds a bundle of them and a name in it, `FILE/NAME`.
package struct CompiledPlace: Sendable, Hashable {
    package let file: String
    /// nil for the file itself.
    package let member: String?

    /// Key of `__metadata__` that makes a compiled file a bundle.
    package static let bundleKey = "tessera.bundle"

    /// nil if `path` names no compiled file and nothing in one.
    package init?(_ path: String) {
        if CompiledPlace.isCompiled(path) {
            (file, member) = (path, nil)
            return
        }
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        let (folder, name) = (String(path[..<slash]), String(path[path.index(after: slash)...]))
        guard !name.isEmpty, CompiledPlace.isBundle(folder) else { return nil }
        (file, member) = (folder, name)
    }

    /// Whether the file at `path` is compiled, a model or a bundle, by its header's text; false for what cannot be read, and for pipes, whose
    /// bytes are for their reader.
    package static func isCompiled(_ path: String) -> Bool { mentions([SafeTensorsFile.compiledKey], path) }

    /// Whether it is a bundle.
    package static func isBundle(_ path: String) -> Bool { mentions([SafeTensorsFile.compiledKey, bundleKey], path) }

    /// Whether the header of the safetensors file at `path` has all of `keys`.
    private static func mentions(_ keys: [String], _ path: String) -> Bool {
        guard FilePath.isRegular(path), let bytes = try? MappedFile.open(path) else { return false }
        return ByteSlice(bytes).withBytes { file in
            guard SafeTensorsHeader.recognises(Array(file.prefix(16))), file.count > 16 else { return false }
            let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
            let header = UnsafeRawBufferPointer(rebasing: file[8..<min(file.count, 8 + Int(clamping: length))])
            // Inside of other texts, quotes stand behind backslashes.
            return keys.allSatisfy { contains(header, Array("\"\($0)\"".utf8)) }
        }
    }

    /// Whether `wanted`, which begins with a quote, is in `text`. Headers have megabytes of programs.
    private static func contains(_ text: UnsafeRawBufferPointer, _ wanted: [UInt8]) -> Bool {
        guard let start = text.baseAddress, let quote = wanted.first else { return false }
        var place = 0
        while place + wanted.count <= text.count, let found = memchr(start + place, CInt(quote), text.count - place) {
            let at = UnsafeRawPointer(found) - start
            if at + wanted.count <= text.count, memcmp(found, wanted, wanted.count) == 0 { return true }
            place = at + 1
        }
        return false
    }
}
