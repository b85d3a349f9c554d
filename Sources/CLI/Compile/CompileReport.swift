import Calibration
import Passes
import Runtime

/// What `compile` wrote; the shape of its JSON.
struct CompileReport: Encodable {
    struct File: Encodable {
        private(set) var file: String
        let functions: [String]
        let sourceBytes, bytes: Int
        let seconds: Double
        /// What rounding did to each weight of a dense layer.
        let rounded: [RoundedLayer]
        /// What lower precision does to the results of calibration's calls.
        let outputs: [OutputAccuracy]
        /// What it does to the time of these calls, on this machine.
        let times: [OutputComparison.Times]
        /// What a budget led to.
        let mixed: Mixed?

        struct Mixed: Encodable {
            /// Layers that have more than the precision's scheme.
            let raised: [String]
            /// What they have.
            let scheme: String
            /// Layers that could have it.
            let of: Int
            /// The largest error of any result.
            let error: Double
        }

        /// The same, in another place.
        func renamed(_ path: String) -> File {
            var made = self
            made.file = path
            return made
        }
    }

    let files: [File]
    let precision, target: String

    init(_ files: [File], precision: String, _ target: Machine.InstructionSet) {
        (self.files, self.precision, self.target) = (files, precision, target.name)
    }
}
