import Foundation
import FourM

/// Where each sample's files go: the output folder itself for a single one, else a folder for each sample, named after its file or by
/// number, with one for each variation.
struct SampleFolders {
    let output: URL
    private let names: [String]
    private let variations: Int

    init(_ inputs: GenerateInputs, count: Int, variations: Int, output: URL) {
        self.output = output
        self.variations = variations
        var used: Set<String> = []
        names = count == 1 ? [""] : (0..<count).map { SampleFolders.name($0, inputs, &used) }
    }

    /// Path of a sample's folder below the output; empty for the output itself.
    func name(_ key: SampleKey) -> String {
        let own = names.indices.contains(key.sample) ? names[key.sample] : String(format: "%04d", key.sample)
        if variations == 1 { return own }
        return own.isEmpty ? "v\(key.variation)" : "\(own)/v\(key.variation)"
    }

    func folder(_ key: SampleKey) -> URL { SampleFolders.url(output, name(key)) }

    /// Folder that holds all variations of a sample.
    func sampleFolder(_ sample: Int) -> URL { SampleFolders.url(output, names.indices.contains(sample) ? names[sample] : "") }

    private static func url(_ base: URL, _ name: String) -> URL { name.isEmpty ? base : base.appendingPathComponent(name) }

    /// The sample's file's name without suffix, or its number where that is taken or no plain name.
    private static func name(_ index: Int, _ inputs: GenerateInputs, _ used: inout Set<String>) -> String {
        let lists = inputs.order.compactMap { inputs.values[$0.modality] } + inputs.conditions.map(\.values)
        let values = lists.filter { $0.count > 1 }.map { $0[index] }
        let paths = values.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
        let path = paths.first { FileManager.default.fileExists(atPath: $0) } ?? ""
        let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let isPlain = !stem.isEmpty && !stem.hasPrefix(".") && stem != "sheet.png"
        let number = String(format: "%04d", index)
        let name = isPlain && !used.contains(stem) ? stem : isPlain ? "\(number)-\(stem)" : number
        used.insert(name)
        return name
    }
}
