/// Searches by halves.
package enum Bisection {
    /// The least count of 1…`count` that is bad, where all below it are good and all above it bad; nil if `count` itself is good.
    /// About log2(`count`) questions; 0 counts as good.
    package static func first(_ count: Int, isGood: (Int) throws -> Bool) rethrows -> Int? {
        if count <= 0 { return nil }
        if try isGood(count) { return nil }
        var (good, bad) = (0, count)
        while bad - good > 1 {
            let middle = good + (bad - good) / 2
            if try isGood(middle) { good = middle } else { bad = middle }
        }
        return bad
    }
}
