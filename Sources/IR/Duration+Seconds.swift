extension Duration {
    /// In seconds, as far as a `Double` holds them.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
