/// The timestep lists of DDIM and DDPM (`set_timesteps`); NumPy's arithmetic, halves to even.
enum Timesteps {
    /// 0, T//n, 2 (T//n), …, largest first.
    static func leading(count: Int, training: Int) -> [Int] {
        (0..<count).reversed().map { $0 * (training / count) }
    }

    /// T - 1 and down by T//n as long as it is not negative: more than `count` where n does not divide T.
    static func trailing(count: Int, training: Int) -> [Int] {
        stride(from: training, to: 0, by: -(training / count)).map { $0 - 1 }
    }

    /// `count` equally spaced values from T - 1 to 0.
    static func linspace(count: Int, training: Int) -> [Int] {
        equallySpaced(from: Double(training), to: 1, count: count).map { $0 - 1 }
    }

    /// Rounded equally spaced values; a single one is `start`.
    static func equallySpaced(from start: Double, to end: Double, count: Int) -> [Int] {
        let width = count > 1 ? (end - start) / Double(count - 1) : 0
        return (0..<count).map { index in
            let value = index == count - 1 && count > 1 ? end : Double(index) * width + start
            return Int(value.rounded(.toNearestOrEven))
        }
    }
}
