import Artifact
import Calibration
import Passes

/// What compiling a model led to.
package struct CompiledFile: Encodable {
    /// Where it was written.
    package private(set) var file: String
    package let functions: [String]
    package let sourceBytes, bytes: Int
    package let seconds: Double
    /// What rounding did to each weight of a dense layer.
    package let rounded: [RoundedLayer]
    /// What lower precision does to the results of calibration's calls.
    package let outputs: [OutputAccuracy]
    /// What it does to the time of these calls, on this machine.
    package let times: [OutputComparison.Times]
    /// Layers that have more than the precision's scheme, as a budget or the model's own results ask for.
    package let mixed: [Mixed]
    /// What of the model is not in the file, since nothing that was to be kept reaches it.
    package let leftOut: Provenance.LeftOut?

    package struct Mixed: Encodable {
        /// Layers that have more than the precision's scheme.
        package let raised: [String]
        /// What they have.
        package let scheme: String
        /// Layers that could have it.
        package let of: Int
        /// The largest error of any result.
        package let error: Double
        /// How many times as fast as f32 the calls are, where a budget asked for it.
        package let speedup: Double?

        init(_ result: MixedPrecision.Result) {
            (raised, scheme, of) = (result.raised, result.scheme.rawValue, result.of)
            (error, speedup) = (result.error, result.speedup)
        }
    }

    package init(
        file: String, functions: [String], sourceBytes: Int, bytes: Int, seconds: Double, rounded: [RoundedLayer] = [],
        outputs: [OutputAccuracy] = [], times: [OutputComparison.Times] = [], mixed: [Mixed] = [], leftOut: Provenance.LeftOut? = nil
    ) {
        (self.file, self.functions, self.sourceBytes, self.bytes, self.seconds) = (file, functions, sourceBytes, bytes, seconds)
        (self.rounded, self.outputs, self.times, self.mixed, self.leftOut) = (rounded, outputs, times, mixed, leftOut)
    }

    /// The same, in another place.
    package func renamed(_ path: String) -> CompiledFile {
        var made = self
        made.file = path
        return made
    }
}
