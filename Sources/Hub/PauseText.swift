/// How long a pause is, for people.
package enum PauseText {
    /// `45 s`, `3:07 min`, `1:02 h`
    package static func of(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds < 60 { return "\(seconds) s" }
        return seconds < 3600 ? "\(seconds / 60):\(two(seconds % 60)) min" : "\(seconds / 3600):\(two(seconds / 60 % 60)) h"
    }
}
