import Files
import FourMCodecs
import FourMSettings

/// Which folder of a data set holds which modality, and the kinds of its files.
struct ModalityFolders: Sendable {
    /// What the crops of the sample are kept in.
    static let cropSettings = "crop_settings"

    /// Names of modalities by names of folders, as the data file maps them.
    let names: [String: String]
    /// Kinds of files by modality, where they are other than ``suffixes(_:)`` says.
    var kinds: [String: Set<String>] = [:]

    /// Names that a folder of `modality` may have, the best first: those that are mapped to it, its own, and that without the size.
    func candidates(_ modality: String) -> [String] {
        let base = ModalityInfo.baseName(of: modality)
        return names.filter { $0.value == modality }.keys.sorted() + [modality] + (base == modality ? [] : [base])
    }

    /// The folder of each of `modalities` among `folders`.
    /// - Throws: ``FourMError`` naming the modality and the folders that there are.
    func match(_ modalities: [String], among folders: [String], in place: String) throws(FourMError) -> [String: String] {
        var found: [String: String] = [:]
        for modality in modalities {
            guard let folder = candidates(modality).first(where: folders.contains) else {
                let there = folders.isEmpty ? "none" : folders.sorted().joined(separator: ", ")
                throw FourMError(
                    "\(place): there is no folder for '\(modality)'; it would be called \(candidates(modality).joined(separator: " or ")). "
                        + "There are: \(there). modality_name_map can name another"
                        + (modality == ModalityFolders.cropSettings
                            ? "; data sets of tokens have crop settings (tessera tokenize --dataset)" : ""),
                    .request)
            }
            found[modality] = folder
        }
        return found
    }

    /// Suffixes of the files of `modality`.
    func suffixes(_ modality: String) -> Set<String> { kinds[modality] ?? ModalityFolders.usualSuffixes(modality) }

    private static func usualSuffixes(_ modality: String) -> Set<String> {
        let base = ModalityInfo.baseName(of: modality)
        if base.hasPrefix("tok_") || base == cropSettings || base == "sam_instance" { return ["npy"] }
        if base == "t5_caption" { return ["npz"] }
        if base == "caption" { return ["txt", "json", "gz"] }
        return base == "rgb" ? SampleName.pictures : ["json", "gz"]
    }
}
