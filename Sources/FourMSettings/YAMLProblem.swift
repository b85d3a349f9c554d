import Yams

/// What is wrong with YAML text, in one line: Yams's own words repeat lines of the text, or all of it.
package enum YAMLProblem {
    /// `line 3: the key 'seed' is there twice`.
    package static func text(_ error: any Error, in yaml: String) -> String {
        switch error {
        case YamlError.duplicatedKeysInMapping(let keys, _):
            guard let key = keys.min() else { return "a key is there twice" }
            let places = yaml.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
                let start = line.drop { $0 == " " || $0 == "\t" || $0 == "-" || $0 == "\"" || $0 == "'" }
                return start.hasPrefix(key) && start.dropFirst(key.count).drop { $0 == " " || $0 == "\"" || $0 == "'" }.hasPrefix(":")
            }
            return (places.count > 1 ? "line \(places[1].offset + 1): " : "") + "the key '\(key.prefix(100))' is there twice; take one out"
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return "line \(mark.line), column \(mark.column): \(problem)"
        case YamlError.reader(let problem, _, _, _): return problem
        default: return String("\(error)".prefix(200))
        }
    }
}
