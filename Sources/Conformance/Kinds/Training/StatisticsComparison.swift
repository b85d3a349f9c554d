import Foundation

/// Statistics of our draws against those of the reference, by standard errors of both.
struct StatisticsComparison {
    /// Differences in standard errors that are taken for chance.
    static let errors = 4.5

    let reference: Parameters
    private(set) var failures: [String] = []
    private(set) var checks = 0
    /// Largest difference in standard errors, and of what.
    private(set) var largest: (errors: Double, name: String) = (0, "")

    init(reference: Parameters) { self.reference = reference }

    mutating func compare(_ counts: MaskingCounts, _ setup: MaskingSetup) throws {
        let draws = try reference.integer("draws")
        for (name, section) in try reference.section("per_modality").sections() {
            for (key, values) in (counts.modalities[name] ?? MaskingCounts.Modality()).named {
                try compare("\(name).\(key)", values, section.section(key), draws)
            }
        }
        for (key, values) in counts.totals.named {
            try compare("totals.\(key)", values, reference.section("totals").section(key), draws)
        }
        for (component, section) in try reference.section("per_component").sections() {
            try compareComponent(component, section, counts, draws)
        }
        for (name, section) in try reference.section("text").sections() {
            let text = counts.texts[name] ?? MaskingCounts.Text()
            try compare(name, text, section, counts.modalities[name]?.inputBudget ?? [], draws)
        }
    }

    private mutating func compareComponent(_ component: String, _ section: Parameters, _ counts: MaskingCounts, _ draws: Int) throws {
        let own = counts.components.indices.filter { "\(counts.components[$0])" == component }
        let there = try section.integer("draws")
        compareShare(
            "component \(component)", Double(own.count) / Double(counts.components.count), Double(there) / Double(draws),
            counts.components.count, draws)
        for key in ["input_budget", "target_budget"] {
            for (name, entry) in try section.section(key).sections() {
                guard let all = counts.modalities[name]?.named.first(where: { $0.name == key })?.values else { continue }
                try compare("component \(component).\(key).\(name)", own.map { all[$0] }, entry, there)
            }
        }
    }

    private mutating func compare(
        _ name: String, _ text: MaskingCounts.Text, _ section: Parameters, _ inputBudgets: [Double], _ draws: Int
    ) throws {
        let share = try section.number("share_with_input_budget")
        let own = inputBudgets.isEmpty ? 0 : Double(text.kept.count) / Double(inputBudgets.count)
        compareShare("\(name).share_with_input_budget", own, share, inputBudgets.count, draws)
        let withInput = Int((share * Double(draws)).rounded())
        try compare("\(name).kept_share", text.kept, section.section("kept_share_given_input_budget"), withInput, grid: 0.06)
        try compare("\(name).input_sentinels", text.inputSentinels, section.section("input_sentinels_given_input_budget"), withInput)
        let withTarget = try reference.section("per_modality").section(name).section("target_budget").number("share_zero")
        let targets = Int(((1 - withTarget) * Double(draws)).rounded())
        try compare(
            "\(name).target_sentinels", text.targetSentinels, section.section("target_sentinels_given_target_budget"), targets)
        compareShare(
            "\(name).share_target_fills_budget", mean(text.fillsBudget),
            try section.number("share_target_fills_budget_given_target_budget"), text.fillsBudget.count, targets)
        // The last of ten bins holds its upper end too.
        try compareHistogram("\(name).kept_histogram", text.kept.map { min(Int($0 * 10), 9) }, section, "kept_histogram_10_bins", withInput)
        try compareHistogram(
            "\(name).input_sentinel_histogram", text.inputSentinels.map { Int($0) }, section, "input_sentinel_histogram", withInput)
    }

    private mutating func compareHistogram(_ name: String, _ bins: [Int], _ section: Parameters, _ key: String, _ count: Int) throws {
        for (bin, share) in try section.numbers(key).enumerated() {
            compareShare("\(name)[\(bin)]", Double(bins.count { $0 == bin }) / Double(max(bins.count, 1)), share, bins.count, count)
        }
    }

    /// Mean, share of zeros and quantiles.
    /// - Parameters:
    ///   - count: values of the reference.
    ///   - grid: how far a quantile may be off where the distribution has a jump.
    private mutating func compare(_ name: String, _ values: [Double], _ entry: Parameters, _ count: Int, grid: Double = 1) throws {
        let (average, expected) = (mean(values), try entry.number("mean"))
        let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        let error = (squares / Double(max(values.count - 1, 1)) / Double(max(values.count, 1))).squareRoot()
        near("\(name).mean", average, expected, hypot(error, try entry.number("se")))
        let zeros = Double(values.count { $0 == 0 }) / Double(max(values.count, 1))
        compareShare("\(name).share_zero", zeros, try entry.number("share_zero"), values.count, count)
        guard let quantiles = entry["quantiles_5_25_50_75_95"] as? [Double] else { return }
        for (level, quantile) in zip([0.05, 0.25, 0.5, 0.75, 0.95], quantiles) {
            let slack = StatisticsComparison.errors * shareError(level, values.count, count)
            let below = Double(values.count { $0 < quantile - grid }) / Double(max(values.count, 1))
            let upTo = Double(values.count { $0 <= quantile + grid }) / Double(max(values.count, 1))
            check(below <= level + slack && upTo >= level - slack, "\(name): quantile \(level) is not near \(quantile)")
        }
    }

    private mutating func compareShare(_ name: String, _ share: Double, _ expected: Double, _ own: Int, _ theirs: Int) {
        // The shares are equal if all is right: their mean gives both errors.
        let pooled = (share * Double(own) + expected * Double(theirs)) / Double(max(own + theirs, 1))
        near(name, share, expected, shareError(pooled, own, theirs))
    }

    private func shareError(_ share: Double, _ own: Int, _ theirs: Int) -> Double {
        (max(share * (1 - share), 0) * (1 / Double(max(own, 1)) + 1 / Double(max(theirs, 1)))).squareRoot()
    }

    private mutating func near(_ name: String, _ value: Double, _ expected: Double, _ error: Double) {
        // The file has six digits.
        let allowed = StatisticsComparison.errors * error + 5e-6 * abs(expected)
        if error > 0, abs(value - expected) / error > largest.errors { largest = (abs(value - expected) / error, name) }
        check(abs(value - expected) <= allowed, "\(name): \(value), expected \(expected), standard error \(error)")
    }

    private mutating func check(_ condition: Bool, _ message: @autoclosure () -> String) {
        checks += 1
        if !condition { failures.append(message()) }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
}

extension Parameters {
    /// All members that are objects, by name.
    func sections() -> [(name: String, value: Parameters)] {
        keys.sorted().compactMap { key in (self[key] as? Parameters).map { (key, $0) } }
    }
}
