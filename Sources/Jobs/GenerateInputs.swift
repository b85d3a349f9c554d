import Foundation
import FourM
import FourMCodecs
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
    /// Files without a partner where files of several modalities are paired by name.
    package private(set) var unpaired: [SkippedSample] = []
    /// Modalities whose values are texts as they stand, whatever files are called.
    private var texts: Set<String> = []

    package init() {}

    /// - Parameters:
    ///   - arguments: `MODALITY=VALUE`, or further values of the modality before.
    ///   - captions: texts, whatever files are called.
    /// - Throws: ``WorkError`` for arguments that are not MODALITY=VALUE, for empty folders, and for files that cannot be paired.
    package init(_ arguments: [String], conditions: [String] = [], prompts: String? = nil, captions: [String] = []) throws {
        var found: [InputFiles] = []
        var owners: [Owner] = []
        for input in try GenerateInputs.list(arguments) {
            if values[input.modality] == nil { order.append(input) }
            found.append(try InputFiles(input.value, of: input.modality))
            owners.append(.input(input.modality))
            values[input.modality, default: []] += found[found.count - 1].values
        }
        for (index, argument) in conditions.enumerated() {
            let read = try GenerateInputs.read(condition: argument)
            self.conditions.append(read.condition)
            found.append(read.files)
            owners.append(.condition(index))
        }
        leftOut = found.compactMap(\.leftOut)
        if !captions.isEmpty { try take(captions, "--prompt") }
        if let prompts { try read(prompts) }
        let lists = Lists(owners, found)
        try pair(lists)
        folderNames = SampleFolders.names(samples(lists, hasPrompts: prompts != nil))
    }

    /// `MODALITY=VALUE …` with the modality carried on: what has none belongs to the one before.
    package static func list(_ arguments: [String]) throws -> [GenerationInput] {
        var made: [GenerationInput] = []
        for argument in arguments {
            let input = GenerationInput(argument)
            if let input, made.isEmpty || isName(input.modality) {
                made.append(input)
            } else if let last = made.last {
                made.append(GenerationInput(modality: last.modality, value: argument))
            } else {
                throw WorkError("an input is MODALITY=FILE or MODALITY=\"text\", not '\(argument)'")
            }
        }
        return made
    }

    private static func isName(_ text: String) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }
    }

    /// Whose values a list of files is.
    private enum Owner: Hashable {
        case input(String)
        case condition(Int)
    }

    /// The names of all files of those that are lists of files throughout.
    private struct Lists {
        private(set) var names: [(owner: Owner, names: [String])] = []

        init(_ owners: [Owner], _ files: [InputFiles]) {
            for (owner, own) in Dictionary(grouping: zip(owners, files), by: \.0) where own.allSatisfy({ $0.1.names != nil }) {
                names.append((owner, own.flatMap { $0.1.names ?? [] }))
            }
            names.sort { (owners.firstIndex(of: $0.owner) ?? 0) < (owners.firstIndex(of: $1.owner) ?? 0) }
        }

        func holds(_ owner: Owner) -> Bool { names.contains { $0.owner == owner } }
    }

    private subscript(owner: Owner) -> [String] {
        get {
            switch owner {
            case .input(let modality): values[modality] ?? []
            case .condition(let index): conditions[index].values
            }
        }
        set {
            switch owner {
            case .input(let modality): values[modality] = newValue
            case .condition(let index): conditions[index].values = newValue
            }
        }
    }

    private func modality(_ owner: Owner) -> String {
        switch owner {
        case .input(let modality): modality
        case .condition(let index): conditions[index].modality
        }
    }

    /// Files of several folders or patterns that are called alike are one sample.
    private mutating func pair(_ lists: Lists) throws {
        guard lists.names.count > 1 else { return }
        let pairing = try InputPairing(lists.names.map { InputPairing.List(modality: modality($0.owner), names: $0.names) })
        for single in pairing.singles {
            let owner = lists.names[single.list].owner
            unpaired.append(SkippedSample(inputs: [modality(owner): self[owner][single.index]], error: single.reason))
        }
        for (list, order) in zip(lists.names, pairing.order) {
            let all = self[list.owner]
            self[list.owner] = order.map { all[$0] }
        }
    }

    /// The values that are lists of samples: of folders, also those of one file, of prompts, and several of one modality.
    private func samples(_ lists: Lists, hasPrompts: Bool) -> [[String]] {
        let listed = order.map(\.modality).filter { modality in
            (values[modality]?.count ?? 0) > 1 || lists.holds(.input(modality)) || hasPrompts && modality == "caption"
        }
        let guiding = conditions.indices.filter { conditions[$0].values.count > 1 || lists.holds(.condition($0)) }
        return listed.compactMap { values[$0] } + guiding.map { conditions[$0].values }
    }

    /// At most `count` samples.
    package mutating func limit(_ count: Int) {
        values = values.mapValues { Array($0.prefix(max(count, 1))) }
        for index in conditions.indices { conditions[index].values = Array(conditions[index].values.prefix(max(count, 1))) }
        notes = Array(notes.prefix(count))
    }

    /// Takes the model's own names of inputs and conditions from `request`, which holds them in the same order.
    package mutating func rename(to request: GenerationRequest) {
        let pairs = zip(order, request.inputs)
        values = Dictionary(pairs.map { ($1.modality, values[$0.modality] ?? []) }) { first, _ in first }
        texts = Set(pairs.filter { texts.contains($0.0.modality) }.map(\.1.modality))
        order = request.inputs
        for (index, condition) in request.conditions.enumerated() { conditions[index].modality = condition.modality }
    }

    /// ``values`` as a generator takes them.
    package var sources: [String: [InputValue]] {
        Dictionary(
            uniqueKeysWithValues: values.map { modality, all in
                (modality, all.map { texts.contains(modality) ? .text($0) : .given($0) })
            })
    }

    /// Files among the values.
    package var files: [String] {
        let all = values.filter { !texts.contains($0.key) }.values.flatMap { $0 } + conditions.flatMap(\.values)
        return all.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }.filter(FileManager.default.fileExists)
    }

    /// The list of prompts, if there is one.
    package private(set) var promptFile: String?

    /// What sample `index` was given.
    package func given(_ index: Int) -> [String: String] { values.mapValues { $0[$0.count == 1 ? 0 : index] } }

    private mutating func take(_ captions: [String], _ flag: String) throws {
        guard values["caption"] == nil else { throw WorkError("\(flag) gives the captions; give no other") }
        order.append(GenerationInput(modality: "caption", value: captions[0]))
        values["caption"] = captions
        texts.insert("caption")
    }

    private mutating func read(_ file: String) throws {
        guard values["caption"] == nil else { throw WorkError("--prompts gives the captions; give no other") }
        let list = try PromptList(path: file)
        promptFile = file
        try take(list.prompts, "--prompts")
        notes = list.notes
    }

    /// `[WEIGHT:]MODALITY=VALUE`.
    package static func condition(_ argument: String) throws -> WeightedCondition { try read(condition: argument).condition }

    private static func read(condition argument: String) throws -> (condition: WeightedCondition, files: InputFiles) {
        let usage = "a condition is WEIGHT:MODALITY=VALUE, e.g. 2:caption=\"a red sphere\", not '\(argument)'"
        guard let equals = argument.firstIndex(of: "=") else { throw WorkError(usage) }
        let head = argument[..<equals].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard head.count == 1 || Double(head[0])?.isFinite == true, let name = head.last, !name.isEmpty else {
            throw WorkError(usage)
        }
        let weight = head.count == 1 ? 1 : Double(head[0]) ?? 1
        if weight == 0 { throw WorkError("a condition of weight 0 has no effect: '\(argument)'") }
        let files = try InputFiles(String(argument[argument.index(after: equals)...]), of: String(name))
        return (WeightedCondition(modality: String(name), values: files.values, weight: weight), files)
    }
}
