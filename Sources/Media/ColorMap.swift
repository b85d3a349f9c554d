/// A map from 0...1 to colours.
package enum ColorMap: String, Sendable, CaseIterable {
    /// Mikhailov's Turbo (Google AI blog, 2019) in 256 steps: t takes entry floor(256 t), as matplotlib does.
    case turbo
    case gray

    /// The colour at `t`; outside values are clamped, NaN is black.
    package func callAsFunction(_ t: Double) -> RGBColor {
        guard !t.isNaN else { return .black }
        let x = min(max(t, 0), 1)
        return switch self {
        case .gray: RGBColor(unit: x, x, x)
        case .turbo: turboTable[min(turboTable.count - 1, Int(x * 256))]
        }
    }
}
