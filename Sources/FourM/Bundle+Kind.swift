import Files
import Formats
import Foundation

extension Bundle {
    /// What is no bundle by its kind, which reading it as YAML would not tell.
    /// - Parameter given: as the user named `path`.
    /// - Throws: ``BundleError`` for a folder without a bundle.yaml, a checkpoint, a picture, …
    static func checkKind(_ path: String, _ given: String) throws {
        let remedy = "name a folder with a bundle.yaml, or a YAML file, that names a 4M model and its tokenizers"
        if CompiledPlace(path) != nil {
            throw BundleError(
                "\(given) is a compiled model, no bundle; \(remedy), or compile a bundle: tessera compile BUNDLE --single-file -o FILE.tess"
            )
        }
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        switch try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType {
        case .typeDirectory where !FileManager.default.fileExists(atPath: target + "/bundle.yaml"):
            throw BundleError("\(given) is a folder without a bundle.yaml, no bundle; \(remedy)")
        case .typeRegular:
            // JSON is YAML too.
            guard let head = try? InputFile.head(target), let kind = FileKind(head), kind != .json else { return }
            throw BundleError("\(given) is \(kind.title), no bundle; \(remedy)")
        default: return
        }
    }
}
