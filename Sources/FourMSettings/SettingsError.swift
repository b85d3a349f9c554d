import FourMSampling

/// Why settings cannot be read or used.
package enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A modality that no table has.
    case unknownModality(name: String, similar: [String])
    /// A key that means nothing here.
    case unknownKey(key: String, allowed: [String])
    /// A key that means nothing here, and those that may have been meant.
    case strangeKey(String, [String])
    /// A key that must be there.
    case missingKey(key: String, why: String)
    /// A value of the wrong type or range.
    case value(key: String, value: String, allowed: String)
    /// A list that fits neither one target nor all.
    case listLength(key: String, count: Int, targets: Int)
    /// The text is not a YAML mapping.
    case yaml(file: String, message: String)
    /// An error of what a file says.
    indirect case inFile(String, SettingsError)
    /// There are no preset settings for this target.
    case noPreset(target: String)
    /// A schedule that cannot be built from the settings.
    case schedule(ScheduleError)

    package var description: String {
        switch self {
        case .unknownModality(let name, let similar):
            "unknown modality '\(name)'" + (similar.isEmpty ? "" : "; did you mean \(similar.joined(separator: ", "))?")
        case .unknownKey(let key, let allowed):
            "unknown key '\(key)'" + (allowed.isEmpty ? "" : "; known are \(allowed.joined(separator: ", "))")
        case .strangeKey(let key, let near):
            "unknown key '\(key)'; " + (near.isEmpty ? "take it out" : "did you mean \(near.joined(separator: " or "))?")
        case .missingKey(let key, let why):
            "key '\(key)' is missing: \(why)"
        case .value(let key, let value, let allowed):
            "'\(key)': '\(value)' is not \(allowed)"
        case .listLength(let key, let count, let targets):
            "'\(key)' has \(count) values for \(targets) targets; give one for all or one each, separated by '-'"
        case .yaml(let file, let message):
            "\(file): \(message)"
        case .inFile(let file, let error):
            "\(file): \(error)"
        case .noPreset(let target):
            "there are no preset generation settings for target '\(target)'; give its settings yourself"
        case .schedule(let error):
            error.description
        }
    }
}
