import Calibration
import Compilation
import Passes

/// What rounding did to a model.
public struct CompilationReport: Sendable, Encodable {
    /// A weight of a dense layer.
    public struct Layer: Sendable, Hashable, Encodable {
        /// Of the first layer that reads it.
        public let name: String
        /// How its elements are kept now.
        public let scheme: CompileOptions.Scheme
        /// Elements of the weight.
        public let elements: Int
        /// Calls that the layer was seen in; with 0, all inputs count alike.
        public let calls: Int
        /// Sum of squares of the layer's results by that of the errors that its rounded weights make, in dB; 200 for none.
        public let decibels: Double
        /// The same of weights that are rounded to the nearest.
        public let nearestDecibels: Double

        init(_ layer: RoundedLayer) {
            (name, scheme, elements) = (layer.node, CompileOptions.Scheme(rawValue: layer.scheme) ?? .f32, layer.count)
            (calls, decibels, nearestDecibels) = (layer.calls, layer.sqnr, layer.nearestSQNR)
        }
    }

    /// A result of the functions that calibration's calls ran, against f32.
    public struct Output: Sendable, Hashable, Encodable {
        /// The function that was called.
        public let function: String
        /// The result's name among the function's outputs.
        public let name: String
        /// Calls that were compared.
        public let calls: Int
        /// Sum of squares of the results in f32 by that of the differences, in dB; 200 for none.
        public let decibels: Double
        /// Between all results and those in f32.
        public let cosine: Double
        /// Largest absolute difference between a value and the same in f32.
        public let largestDifference: Double
        /// Share of values that are equal: what counts of tokens and other integers.
        public let equalShare: Double

        init(_ output: OutputAccuracy) {
            (function, name, calls) = (output.function, output.output, output.calls)
            (decibels, cosine, largestDifference, equalShare) = (output.sqnr, output.cosine, output.max, output.equal)
        }
    }

    /// Every weight of a dense layer that was rounded.
    public let layers: [Layer]
    /// Empty without calibration.
    public let outputs: [Output]

    init(_ layers: [RoundedLayer], _ outputs: [OutputAccuracy]) {
        (self.layers, self.outputs) = (layers.map { Layer($0) }, outputs.map { Output($0) })
    }
}
