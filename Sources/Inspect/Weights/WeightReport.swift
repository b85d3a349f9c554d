import IR
import Passes

/// What the numbers of a model's tensors are like.
package struct WeightReport: Encodable {
    package enum Order: String, Sendable, CaseIterable {
        /// By key, numbers in keys as numbers.
        case key
        /// What rounding to 8 bits loses the most of, first.
        case int8
        /// The largest share of numbers far from 0 first.
        case outliers
        case bytes
    }

    package let model, stage: String
    /// Those with numbers that are not finite first.
    package let tensors: [WeightStatistics]
    /// That were looked at, and those of them that have numbers that are not finite.
    package let count, nonFinite: Int
    package let bytes: Int
    /// Other keys of tensors that share the memory of one that is shown, by its key.
    package let tied: [String: [String]]

    /// - Parameters:
    ///   - pattern: keys to look at; nil for all.
    ///   - isWanted: leaves out more.
    ///   - most: about how many numbers of a tensor to look at; nil for all.
    ///   - top: tensors that ``tensors`` has at most.
    ///   - onProgress: is told the share of the bytes that is done and the next key.
    /// - Throws: ``WorkError`` where no key fits, or no tensor has its numbers here; what `onProgress` throws.
    package init(
        _ module: Module, pattern: NamePattern? = nil, where isWanted: (String) -> Bool = { _ in true }, sampling most: Int? = nil,
        order: Order = .key, top: Int? = nil, onProgress: (Double, String) throws -> Void = { _, _ in }
    ) throws {
        let chosen = try WeightReport.chosen(module, pattern, where: isWanted)
        let distinct = chosen.withDistinctStorage
        let total = Double(distinct.reduce(0) { $0 + ($1.bytes?.count ?? 0) })
        let axes = ReductionAxes(module)
        var (made, done): ([WeightStatistics], Double) = ([], 0)
        for constant in distinct {
            try onProgress(total > 0 ? done / total : 1, constant.key)
            made.append(WeightStatistics(constant, sampling: most, axis: axes[constant.key]))
            constant.bytes?.evict()
            done += Double(constant.bytes?.count ?? 0)
        }
        (model, stage) = (module.name, module.stage.rawValue)
        (count, nonFinite, bytes) = (made.count, made.count { $0.nonFinite > 0 }, Int(min(total, 9e18)))
        let sorted = WeightReport.sorted(made, order)
        tensors = top.map { Array(sorted.prefix($0)) } ?? sorted
        tied = WeightReport.tied(chosen, distinct)
    }

    /// The tensors that functions use and whose keys fit, by key.
    /// - Throws: ``WorkError`` where there is none.
    static func chosen(_ module: Module, _ pattern: NamePattern?, where isWanted: (String) -> Bool) throws -> [Constant] {
        let used = module.functions.reduce(into: Set<String>()) { $0.formUnion($1.usedConstants) }
        let known = module.constants.values.filter { used.contains($0.key) && $0.bytes != nil && isWanted($0.key) }
        let chosen = known.filter { pattern?.fits($0.key) ?? true }.sorted { KeyOrder.precedes($0.key, $1.key) }
        guard !chosen.isEmpty else { throw WeightReport.absence(of: pattern, known.map(\.key), module) }
        return chosen
    }

    /// Those with numbers that are not finite first, then in the order asked for.
    static func sorted(_ made: [WeightStatistics], _ order: Order) -> [WeightStatistics] {
        func rank(_ one: WeightStatistics) -> Double {
            switch order {
            case .key: 0
            case .int8: one.int8 ?? .infinity
            case .outliers: one.sampledCount > 0 ? -Double(one.outliers) / Double(one.sampledCount) : 0
            case .bytes: -Double(one.bytes)
            }
        }
        // Those of one rank stay in the order of their keys.
        return made.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if (x.nonFinite > 0) != (y.nonFinite > 0) { return x.nonFinite > 0 }
            return rank(x) != rank(y) ? rank(x) < rank(y) : a.offset < b.offset
        }.map(\.element)
    }

    /// By the place of the memory: which keys stand for the same numbers.
    private static func tied(_ all: [Constant], _ distinct: [Constant]) -> [String: [String]] {
        guard all.count > distinct.count else { return [:] }
        let shown = Set(distinct.map(\.key))
        return all.reduce(into: [:]) { tied, constant in
            guard !shown.contains(constant.key) else { return }
            guard let first = distinct.first(where: { [$0, constant].withDistinctStorage.count == 1 }) else { return }
            tied[first.key, default: []].append(constant.key)
        }
    }

    private static func absence(of pattern: NamePattern?, _ known: [String], _ module: Module) -> WorkError {
        guard let pattern, !known.isEmpty else {
            return WorkError(
                "model '\(module.name)' has no weights as they were: a compiled model keeps them packed for its kernels; look at the checkpoint "
                    + "that it was made of", .content)
        }
        let some = known.sorted(by: KeyOrder.precedes).prefix(3).joined(separator: ", ")
        return WorkError(
            "\(pattern): no tensor of model '\(module.name)' has such a key; * stands for any characters, and there are \(some), …")
    }
}

/// Keys as people sort them: `encoder.2.w` before `encoder.10.w`.
package enum KeyOrder {
    package static func precedes(_ a: String, _ b: String) -> Bool {
        var (x, y) = (Substring(a), Substring(b))
        while let first = x.first, let other = y.first {
            let (m, n) = (digits(x), digits(y))
            if !m.isEmpty, !n.isEmpty {
                // Longer numbers are larger where no zeros lead.
                let (p, q) = (m.drop { $0 == "0" }, n.drop { $0 == "0" })
                if p.count != q.count { return p.count < q.count }
                if p != q { return p < q }
                (x, y) = (x.dropFirst(m.count), y.dropFirst(n.count))
                continue
            }
            if first != other { return first < other }
            (x, y) = (x.dropFirst(), y.dropFirst())
        }
        return x.isEmpty && (!y.isEmpty || a < b)
    }

    private static func digits(_ text: Substring) -> Substring { text.prefix { $0.isASCII && $0.isNumber } }
}
