/// Names from outside (of a server, an archive, a model or a command line) that become paths below a folder.
///
/// They are compared byte by byte, as the file system does: in `Character`s, a combining mark hides the "/" or ".." before it.
package enum OutsideName {
    /// Whether `name` leads to a place below its folder: not empty, not absolute, without "..", without zero bytes, control
    /// characters and ends of lines. "./a", "a//b" and "a/" are such names.
    /// - Parameter longest: bytes.
    package static func staysBelow(_ name: String, longest: Int = 4096) -> Bool {
        guard !name.isEmpty, name.utf8.count <= longest, name.utf8.first != slash else { return false }
        return !name.utf8.split(separator: slash).contains { $0.elementsEqual("..".utf8) }
            && !name.unicodeScalars.contains { $0.endsLines }
    }

    /// Whether `name` is besides the one plain way to say so: parts neither empty nor ".", no "\", nothing invisible.
    /// - Parameters:
    ///   - longest: bytes.
    ///   - longestPart: bytes between two "/". File systems take 255; what is left is for suffixes.
    package static func isPlain(_ name: String, longest: Int = 1024, longestPart: Int = 200) -> Bool {
        let parts = name.utf8.split(separator: slash, omittingEmptySubsequences: false)
        return staysBelow(name, longest: longest)
            && parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && $0.count <= longestPart }
            && !name.unicodeScalars.contains { $0 == "\\" || $0.isInvisible }
    }

    private static let slash = UInt8(ascii: "/")
}
