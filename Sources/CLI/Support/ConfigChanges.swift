import ArgumentParser
import Formats
import FourMPresets
import Importers
import Names

/// `--set KEY=VALUE …` of `tessera init`: changes to a configuration.
struct ConfigChanges {
    private struct Change {
        let key: String
        let value: ConfigValue
        /// As it was given.
        let text: String
    }

    private let changes: [Change]

    /// - Throws: `ValidationError` for arguments that are not KEY=VALUE. VALUE is JSON, or else a plain string.
    init(_ arguments: [String]) throws {
        changes = try arguments.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("--set must be KEY=VALUE, not '\(text)'") }
            let value = try? ConfigValue(json: String(parts[1]))
            return Change(key: String(parts[0]), value: value ?? .string(String(parts[1])), text: text)
        }
    }

    /// `fields` with the changes; `name` is what messages call them.
    /// - Throws: `ValidationError` for a key that no model of this kind has, or a value that does not go with the others;
    ///   `ImportError`, `CheckpointError` or `SettingsError` for `fields` that describe no model by themselves.
    func applied(to fields: ConfigDictionary, of name: String) throws -> ConfigDictionary {
        guard !changes.isEmpty else { return fields }
        let changed = fields.merging(ConfigDictionary(changes.map { (key: $0.key, value: $0.value) }))
        let read: Set<String>
        do {
            read = try ConfigReadings.keys { try ConfigChanges.describe(changed, name) }
        } catch {
            try ConfigChanges.describe(fields, name)
            throw blame(error)
        }
        let known = read.union(fields.keys).union(ModelPreset.configKeys(fields["domains_in"] == nil ? .tokenizer : .transformer))
            // Read with the weights, not for their shapes.
            .union(["lora_scale"])
        if let stranger = changes.first(where: { !known.contains($0.key) }) {
            throw ValidationError(
                "--set \(stranger.text): the configuration has no key '\(stranger.key)'; \(NearNames.hint(stranger.key, in: known.sorted()))"
            )
        }
        return changed
    }

    /// - Throws: what is wrong with a configuration.
    private static func describe(_ fields: ConfigDictionary, _ name: String) throws {
        _ = try ModelSkeleton.tensors(Config(.dict(fields), file: name), name: name)
    }

    /// The same fault as one of the options: of the key at fault, or of any.
    private func blame(_ error: any Error) -> ValidationError {
        let (key, problem): (String?, String) =
            switch error {
            case ImportError.badValue(_, let key, let value, let expected): (key, "'\(key)' is \(value); it must be \(expected)")
            case let error as CheckpointError where error.kind == .configuration:
                (error.subject, "'\(error.subject ?? "")': \(error.problem)")
            default: (nil, "\(error)")
            }
        let root = key.map { $0.prefix { $0 != "." } }
        let own = changes.filter { root == $0.key[...] }
        let flags = (own.isEmpty ? changes : own).map { "--set \($0.text)" }.joined(separator: " ")
        return ValidationError("\(flags): \(problem)")
    }
}
