import Files
import Foundation
import FourM
import FourMCodecs
import FourMSettings
import Inspect

/// Values of each input by modality, in the order given; folders opened, one entry for each sample.
package struct GenerateInputs {
    package var order: [GenerationInput] = []
    package var values: [String: [String]] = [:]
    package var conditions: [WeightedCondition] = []
    /// What a list of prompts says beside each prompt.
    package var notes: [[String: String]] = []
    /// Names of the samples' folders if there is a list of samples: a folder, a list of prompts, or several values of one modality.
    /// None for a single sample. `--limit` changes neither, so that what it leaves out has its place later.
    package private(set) var folderNames: [String] = []

    /// What folders hold beside the samples, a line for each folder.
    package private(set) var leftOut: [String] = []

    package init() {}

    /// - Throws: ``WorkError`` for arguments that are not MODALITY=VALUE, and for empty folders.
    package init(_ arguments: [String], conditions: [String] = [], prompts: String? = nil) throws {
        for argument in arguments {
            guard let input = GenerationInput(argument) else {
                throw WorkError("an input is MODALITY=FILE or MODALITY=\"text\", not '\(argument)'")
            }
            if values[input.modality] == nil { order.append(input) }
            let found = try GenerateInputs.expand(input.value, of: input.modality)
            values[input.modality, default: []] += found.values
            leftOut += found.leftOut
        }
        for argument in conditions {
            let found = try GenerateInputs.read(condition: argument)
            self.conditions.append(found.condition)
            leftOut += found.leftOut
        }
        if let prompts { try read(prompts) }
        folderNames = SampleFolders.names(lists(arguments, conditions, hasPrompts: prompts != nil))
    }

    /// The values that are lists of samples: of folders, also those of one file, of prompts, and several of one modality.
    private func lists(_ arguments: [String], _ conditions: [String], hasPrompts: Bool) -> [[String]] {
        let opened = Set(arguments.compactMap { GenerationInput($0) }.filter { GenerateInputs.isFolder($0.value) }.map(\.modality))
        let listed = order.filter { input in
            let count = values[input.modality]?.count ?? 0
            return count > 1 || opened.contains(input.modality) || hasPrompts && input.modality == "caption"
        }
        let guiding = zip(conditions, self.conditions).filter { argument, condition in
            condition.values.count > 1 || GenerationInput(argument).map { GenerateInputs.isFolder($0.value) } == true
        }
        return listed.compactMap { values[$0.modality] } + guiding.map(\.1.values)
    }

    /// At most `count` samples.
    package mutating func limit(_ count: Int) {
        values = values.mapValues { Array($0.prefix(max(count, 1))) }
        for index in conditions.indices { conditions[index].values = Array(conditions[index].values.prefix(max(count, 1))) }
        notes = Array(notes.prefix(count))
    }

    /// ``values`` as a generator takes them.
    package var sources: [String: [InputValue]] { values.mapValues { $0.map { .given($0) } } }

    /// What sample `index` was given.
    package func given(_ index: Int) -> [String: String] { values.mapValues { $0[$0.count == 1 ? 0 : index] } }

    private mutating func read(_ file: String) throws {
        guard values["caption"] == nil else { throw WorkError("a list of prompts gives the captions; give no other") }
        let list = try PromptList(path: file)
        order.append(GenerationInput(modality: "caption", value: list.prompts[0]))
        values["caption"] = list.prompts
        notes = list.notes
    }

    /// `[WEIGHT:]MODALITY=VALUE`.
    package static func condition(_ argument: String) throws -> WeightedCondition { try read(condition: argument).condition }

    private static func read(condition argument: String) throws -> (condition: WeightedCondition, leftOut: [String]) {
        let usage = "a condition is WEIGHT:MODALITY=VALUE, e.g. 2:caption=\"a red sphere\", not '\(argument)'"
        guard let equals = argument.firstIndex(of: "=") else { throw WorkError(usage) }
        let head = argument[..<equals].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard head.count == 1 || Double(head[0])?.isFinite == true, let name = head.last, !name.isEmpty else {
            throw WorkError(usage)
        }
        let found = try expand(String(argument[argument.index(after: equals)...]), of: String(name))
        let weight = head.count == 1 ? 1 : Double(head[0]) ?? 1
        return (WeightedCondition(modality: String(name), values: found.values, weight: weight), found.leftOut)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The samples of a folder in the order of their names, texts as `@FILE`; anything else stands for itself.
    private static func expand(_ value: String, of modality: String) throws -> (values: [String], leftOut: [String]) {
        guard isFolder(value) else { return ([value], []) }
        let kinds = suffixes(of: modality)
        let listing = try FolderListing(value, suffixes: Set(kinds))
        guard !listing.files.isEmpty else {
            throw WorkError("folder \(value) holds no file of '\(modality)' (.\(kinds.joined(separator: ", .")))", .content)
        }
        let values = listing.files.map { name in
            let path = (value as NSString).appendingPathComponent(name)
            return [".txt", ".json"].contains(where: { name.lowercased().hasSuffix($0) }) ? "@" + path : path
        }
        return (values, listing.leftOut.isEmpty ? [] : ["\(value): left out \(listing.leftOut)"])
    }

    /// What a modality's samples are kept in: notes beside photos are no photos.
    private static func suffixes(of modality: String) -> [String] {
        let (pictures, texts) = (["png", "jpg", "jpeg", "webp", "npy", "npz"], ["txt", "json"])
        guard let info = ModalityTable.standard[modality] else { return pictures + texts }
        return info.encoder == .sequence ? texts : pictures
    }
}
