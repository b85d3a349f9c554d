import Tessera

/// Which batches gave the bits of their calls' own runs: each combination of sizes is tried when it first comes.
///
/// Kernels are chosen by sizes, and a model may mix its rows; so what holds of one combination says nothing of another, and a function that
/// failed once is never joined again.
struct BatchTrials {
    /// Function and sizes of a batch.
    struct Key: Hashable {
        let function: String
        /// Rows of each call, ascending.
        let rows: [Int]
        /// Sizes of each input behind the rows.
        let shapes: [ArraySlice<Int>]

        init(_ batch: Batch) {
            function = batch.function.name
            rows = batch.calls.map(\.rows).sorted()
            let inputs = batch.calls[0].inputs
            shapes = batch.function.description.inputs.map { inputs[$0.name]?.shape.dropFirst() ?? [] }
        }
    }

    private(set) var passed: Set<Key> = []
    /// Functions whose batches gave other bits.
    private(set) var refused: Set<String> = []
    /// Most combinations that are remembered; further ones are computed twice.
    private static let most = 65_536

    mutating func pass(_ key: Key) { if passed.count < BatchTrials.most { passed.insert(key) } }

    mutating func refuse(_ key: Key) {
        refused.insert(key.function)
        passed = passed.filter { $0.function != key.function }
    }
}
