import Glibc

extension OutputFile {
    /// Takes back the output at `path`: a regular file goes; a link stays, and the file that it leads to is emptied, to be written anew.
    /// Folders, devices and FIFOs are not what an output left, and stay as they are.
    /// - Throws: ``OutputError`` for a file that cannot be removed or emptied.
    package static func withdraw(_ path: String) throws(OutputError) {
        var (own, target) = (stat(), stat())
        guard lstat(path, &own) == 0, stat(path, &target) == 0, target.st_mode & S_IFMT == S_IFREG else { return }
        if own.st_mode & S_IFMT == S_IFLNK {
            try write("", to: path)
        } else if unlink(path) != 0 {
            throw .system(path, "cannot be removed")
        }
    }
}
