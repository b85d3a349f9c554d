/// Names of samples in files and archives.
package enum SampleName {
    /// `folder/name` and `ext` of `folder/name.ext`; what follows the first dot of the last part is the extension, as WebDataset and
    /// ml-4m have it. nil for hidden files and those without an extension.
    package static func split(_ path: String) -> (key: String, ext: String)? {
        let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        guard let dot = path[start...].firstIndex(of: "."), dot > start else { return nil }
        return (String(path[..<dot]), path[path.index(after: dot)...].lowercased())
    }

    /// Last part of an extension: `png` of `rgb.png`.
    package static func suffix(_ ext: String) -> String { ext.split(separator: ".").last.map(String.init) ?? ext }

    /// Suffixes that the reference takes for pictures, and those of phones. Those that are not read here are listed too, so that they are
    /// reported.
    package static let pictures: Set<String> = [
        "jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "jpx", "gif", "heic", "heif", "avif",
    ]
}
