import FourMSettings
import IR

/// A network that gives features of pictures: a function of any module, such as an imported ONNX model.
package struct FeatureNetwork: Sendable {
    /// What the network is named in the tokenizer's module.
    static let prefix = "perceptual."

    let module: Module
    /// Without calls.
    let graph: Graph
    let results: [String]
    let input: (name: String, type: TensorType)
    /// Of its input, a number for each channel of a picture in [0, 1].
    let mean: [Double]
    let deviation: [Double]

    /// - Parameters:
    ///   - function: Of one input, `[b, 3, h, w]`; nil for the module's only one.
    ///   - features: Names of results, or of nodes whose results are meant; none for all results.
    /// - Throws: ``FourMError`` for a function, a feature or an input that is not there or does not fit.
    package init(
        _ module: Module, function: String? = nil, features: [String] = [], mean: [Double] = [0.485, 0.456, 0.406],
        deviation: [Double] = [0.229, 0.224, 0.225]
    ) throws {
        self.module = module
        let entry = try FeatureNetwork.entry(module, function)
        guard let first = entry.inputs.first, entry.inputs.count == 1, entry.type(of: first).rank == 4, entry.type(of: first).dtype == .f32
        else {
            throw FourMError(
                "feature network '\(module.name)': '\(entry.name)' must have one input of pictures, f32 [batch, 3, height, width]")
        }
        input = (entry.inputName(of: first) ?? "", entry.type(of: first))
        graph = try FeatureNetwork.giving(features, entry, module)
        results = graph.outputs.map(\.name)
        let channels = input.type.shape[1].value ?? mean.count
        guard mean.count == channels, deviation.count == channels, deviation.allSatisfy({ $0 > 0 }) else {
            throw FourMError(
                "feature network '\(module.name)': mean and deviation need \(channels) numbers each, deviations above 0", .request)
        }
        (self.mean, self.deviation) = (mean, deviation)
    }

    /// Features of pictures in [-1, 1], `[b, 3, h, w]`, which are resized to what the network takes.
    func features(_ pictures: Traced, _ writer: LossWriter) throws -> [Traced] {
        let made = try writer.call(FeatureNetwork.prefix + graph.name, [input.name: prepared(pictures, writer)])
        return try results.map { name in
            guard let feature = made[name] else { throw FourMError("'\(graph.name)' has no result '\(name)'", .fault) }
            return feature
        }
    }

    private func prepared(_ pictures: Traced, _ writer: LossWriter) throws -> Traced {
        let scale = try channels(deviation.map { 0.5 / $0 }, "scale", writer)
        let shift = try channels(zip(mean, deviation).map { (0.5 - $0) / $1 }, "shift", writer)
        let scaled = try pictures * scale + shift
        let size = Array(input.type.shape[2...])
        guard size.allSatisfy({ $0.value != nil }), size != Array(pictures.shape[2...]) else { return scaled }
        return try scaled.applying(Resize(size: size, mode: .linear, details: ResizeDetails(antialias: true)))
    }

    private func channels(_ numbers: [Double], _ name: String, _ writer: LossWriter) throws -> Traced {
        try writer.table(FeatureNetwork.prefix + "input.\(name)", Tensor(numbers, [1, numbers.count, 1, 1], as: .f32))
    }
}
