import Foundation
import FourMSampling
import Names

/// Where each sample's files go: the output folder itself for a single one, else a folder for each sample, named after its file or by
/// number, with one for each variation.
package struct SampleFolders {
    package let output: URL
    /// Of a list of samples; none for a single one.
    private let names: [String]
    private let variations: Int

    package init(_ inputs: GenerateInputs, variations: Int, output: URL) {
        self.output = output
        self.variations = variations
        names = inputs.folderNames
    }

    /// Whether each sample has a folder of its own.
    package var isList: Bool { !names.isEmpty }

    /// Path of a sample's folder below the output; empty for the output itself.
    package func name(_ key: SampleKey) -> String {
        let own = name(ofSample: key.sample)
        if variations == 1 { return own }
        return own.isEmpty ? "v\(key.variation)" : "\(own)/v\(key.variation)"
    }

    /// Those of all samples and variations, whatever `--limit` leaves for later.
    package var allNames: [String] {
        (0..<max(names.count, 1)).flatMap { sample in (0..<variations).map { name(SampleKey(sample: sample, variation: $0)) } }
    }

    package func folder(_ key: SampleKey) -> URL { SampleFolders.url(output, name(key)) }

    /// Folder that holds all variations of a sample.
    package func sampleFolder(_ sample: Int) -> URL { SampleFolders.url(output, name(ofSample: sample)) }

    /// The same of all variations of a sample.
    package func name(ofSample sample: Int) -> String {
        names.indices.contains(sample) ? names[sample] : isList ? SampleFolders.number(sample) : ""
    }

    private static func url(_ base: URL, _ name: String) -> URL { name.isEmpty ? base : base.appendingPathComponent(name) }

    /// Names for the samples of `lists`, each the values of one modality: of a file without suffix, or the number where that is taken or
    /// there is none. A list of one value, which serves all samples, names them only if no longer one does.
    package static func names(_ lists: [[String]]) -> [String] {
        let long = lists.filter { $0.count > 1 }
        let naming = long.isEmpty ? lists : long
        var used: Set<String> = []
        return (0..<(naming.map(\.count).max() ?? 0)).map { index in
            name(index, naming.filter { $0.indices.contains(index) }.map { $0[index] }, &used)
        }
    }

    private static func name(_ index: Int, _ values: [String], _ used: inout Set<String>) -> String {
        let paths = values.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
        let path = paths.first { FileManager.default.fileExists(atPath: $0) } ?? ""
        let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let isPlain = OutsideName.isPlain(stem) && !stem.hasPrefix(".") && !stem.contains("/") && !reserved.contains(stem)
        var name = isPlain && !used.contains(stem) ? stem : isPlain ? "\(number(index))-\(stem)" : number(index)
        // A file may have the very name that another was given.
        while used.contains(name) { name += "_" }
        used.insert(name)
        return name
    }

    /// Names of files above the samples' folders.
    private static let reserved: Set<String> = ["sheet.png", SkippedSample.file]

    private static func number(_ index: Int) -> String { String(format: "%04d", index) }
}
