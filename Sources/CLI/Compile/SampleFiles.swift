import Calibration
import Files
import Foundation
import FourM
import FourMCodecs
import Inspect
import Media

/// The pictures and captions that `--calibrate` and `--data` name: files, folders, patterns. A text file holds a caption a line; beside a
/// picture of the same stem, its lines are captions of that picture.
struct SampleFiles {
    /// In the order of the places, captions without a picture behind the others.
    let all: [ModelSample]

    /// - Throws: ``WorkError`` naming the place or file: nothing there, other files, no text in UTF-8, no caption.
    init(_ places: [String]) throws {
        all = try SampleFiles.read(places.flatMap { try SampleFiles.files($0) })
    }

    private static let texts: Set<String> = ["txt"]
    private static let suffixes = texts.union(ImageFormat.suffixes)

    private static func isText(_ file: String) -> Bool { texts.contains(FilePath.suffix(of: file)) }

    /// Whether `place` names pictures or captions, rather than arrays.
    static func isNamed(by place: String) -> Bool {
        guard FilePath.isFolder(place) else { return FilePattern.isPattern(place) || suffixes.contains(FilePath.suffix(of: place)) }
        return (try? FolderListing(place, suffixes: suffixes).files.isEmpty) == false
    }

    private static func files(_ place: String) throws -> [String] {
        if FilePath.isFolder(place) {
            let listing = try FolderListing(place, suffixes: suffixes)
            if !listing.files.isEmpty { return listing.files.map { FilePath.join(place, $0) } }
            let holds = listing.leftOut.isEmpty ? "it is empty" : "it holds \(listing.leftOut)"
            throw WorkError(
                "folder \(place) holds no picture (.\(ImageFormat.suffixes.joined(separator: ", ."))) and no .txt; \(holds)", .content)
        }
        if FilePath.exists(place) {
            if suffixes.contains(FilePath.suffix(of: place)) { return [place] }
            throw WorkError(
                "\(place) is no picture (.\(ImageFormat.suffixes.joined(separator: ", ."))), and no .txt with a caption a line", .content)
        }
        guard FilePattern.isPattern(place) else {
            throw WorkError("\(place) does not exist; give pictures, or a .txt with a caption a line", .missing)
        }
        let pattern = FilePattern(place, suffixes: suffixes)
        let files = pattern.files.filter { suffixes.contains(FilePath.suffix(of: $0)) }
        if !files.isEmpty { return files }
        let beside = pattern.leftOut.isEmpty ? "" : "; left out: \(pattern.leftOut)"
        throw WorkError("\(place): no picture and no .txt matches this pattern\(beside)", .missing)
    }

    /// A path without the suffix.
    private static func stem(_ file: String) -> String { (file as NSString).deletingPathExtension }

    private static func read(_ files: [String]) throws -> [ModelSample] {
        let pictures = files.filter { !isText($0) }
        let stems = Set(pictures.map(stem))
        var captions: [String: [ModelSample]] = [:]
        var alone: [ModelSample] = []
        for file in files where isText(file) {
            let lines = try lines(file)
            if stems.contains(stem(file)) { captions[stem(file)] = lines } else { alone += lines }
        }
        return pictures.flatMap { file -> [ModelSample] in
            guard let own = captions[stem(file)] else { return [ModelSample(picture: .file(file), name: file)] }
            return own.map { ModelSample(picture: .file(file), caption: $0.caption, name: file) }
        } + alone
    }

    /// Bytes of a file of captions that are read at most.
    private static let limit = 256 << 20

    private static func lines(_ file: String) throws -> [ModelSample] {
        let text: String
        do { text = try InputFile.text(file, limit: limit) } catch {
            throw WorkError(
                "\(file): \(error.problem); give a .txt in UTF-8 with a caption a line", error.cause == .missing ? .missing : .content)
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap { number, line in
            let words = line.trimmingCharacters(in: .whitespaces)
            return words.isEmpty ? nil : ModelSample(caption: .text(words), name: "\(file):\(number + 1)")
        }
        if lines.isEmpty { throw WorkError("\(file) holds no caption; give a .txt with a caption a line", .content) }
        return lines
    }
}

extension SampleFiles {
    /// Up to `most` of `all`, half of them captions alone where there are enough of both, each kind spread over what there is of it, and both
    /// mixed: what comes late may find no room with those who listen.
    static func spread(_ all: [ModelSample], most: Int) -> [ModelSample] {
        let (pictures, captions) = (all.filter { $0.picture != nil }, all.filter { $0.picture == nil })
        let count = min(pictures.count, max(most - captions.count, most - most / 2))
        let own = CallRecorder.spread(pictures, most: count)
        let others = most > own.count ? CallRecorder.spread(captions, most: most - own.count) : []
        return (placed(own) + placed(others)).sorted { $0.place < $1.place }.map(\.sample)
    }

    /// With the share of all that lies before each.
    private static func placed(_ samples: [ModelSample]) -> [(place: Double, sample: ModelSample)] {
        samples.enumerated().map { ((Double($0) + 0.5) / Double(samples.count), $1) }
    }
}
