extension Dim: CustomStringConvertible {
    /// Canonical text: `4*h + n + 1`.
    package var description: String {
        var text = ""
        for term in terms {
            let magnitude = term.coefficient.magnitude
            let product = term.factors.map(\.description).joined(separator: "*")
            if text.isEmpty { text += term.coefficient < 0 ? "-" : "" } else { text += term.coefficient < 0 ? " - " : " + " }
            text += magnitude == 1 ? product : "\(magnitude)*\(product)"
        }
        if terms.isEmpty { return "\(constant)" }
        if constant != 0 { text += constant < 0 ? " - \(constant.magnitude)" : " + \(constant)" }
        return text
    }
}

extension Dim.Atom: CustomStringConvertible {
    package var description: String {
        switch self {
        case .symbol(let name): Printer.symbol(name)
        case .floorDivision(let a, let b): "floordiv(\(a), \(b))"
        case .remainder(let a, let b): "mod(\(a), \(b))"
        case .maximum(let a, let b): "max(\(a), \(b))"
        case .minimum(let a, let b): "min(\(a), \(b))"
        }
    }
}
