/// What went wrong with a picture, where, and what to do about it.
package struct MediaError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The file cannot be opened, read or written.
        case file
        /// The bytes are no PNG, JPEG or WebP, or a kind of them that is not supported.
        case format
        /// The bytes claim to be a picture but are damaged or cut off.
        case corrupt
        /// The picture is larger than ``ImageLimits`` allows, or empty.
        case size
        /// An argument makes no sense for this picture.
        case argument
        /// A library of the system that this needs is not there.
        case library
    }

    package var kind: Kind
    /// The file's path, or a name such as "image data" where there is no file.
    package var file: String
    package var problem: String
    package var remedy: String

    package init(_ kind: Kind, file: String = "", _ problem: String, remedy: String) {
        self.kind = kind
        self.file = file
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String {
        (file.isEmpty ? "" : "\(file): ") + problem + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}

/// Bounds checked before any pixel memory is allocated.
package enum ImageLimits {
    /// Largest number of pixels (width x height) of one picture: 512 Mi.
    package static let maxPixels = 512 << 20
    /// Largest width or height.
    package static let maxSide = 1 << 20
    /// Largest picture file in bytes: 2 GiB.
    package static let maxFileBytes = 2 << 30
}
