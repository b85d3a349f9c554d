/// Comparison of secrets in a time that tells nothing of them.
package enum Secrets {
    /// Whether `given` is among `known`; takes as long wherever they differ.
    package static func contains(_ given: some StringProtocol, in known: [String]) -> Bool {
        let given = Array(given.utf8)
        var isKnown = false
        for secret in known {
            let secret = Array(secret.utf8)
            var difference = secret.count == given.count ? UInt8(0) : 1
            for (place, byte) in secret.enumerated() { difference |= byte ^ (place < given.count ? given[place] : 0) }
            // No early end: how many are compared tells nothing.
            if difference == 0 { isKnown = true }
        }
        return isKnown
    }
}
