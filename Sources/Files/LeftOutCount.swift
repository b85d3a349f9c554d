/// What a folder or pattern holds beside the wanted files, by reason.
struct LeftOutCount: Sendable {
    var hidden = 0
    /// Files of other kinds, such as notes beside photos.
    var others = 0
    /// Not opened.
    var subfolders = 0
    /// What cannot be looked at, or has a name that is no UTF-8.
    var unreadable = 0

    /// `2 hidden files, 1 subfolder`; empty if nothing was left out.
    var text: String {
        [
            (hidden, "hidden file", "hidden files"), (others, "file of another kind", "files of other kinds"),
            (subfolders, "subfolder", "subfolders"), (unreadable, "unreadable file", "unreadable files"),
        ]
        .filter { $0.0 > 0 }.map { count, one, many in "\(count) \(count == 1 ? one : many)" }.joined(separator: ", ")
    }
}
