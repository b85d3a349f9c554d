import Formats
import Foundation
import FourMTraining
import Training

/// Groups of parameters against those of the reference.
struct ParameterGroupComparison {
    /// Parameters of each model in the order in which PyTorch names them, as far as the file says it: keys of `layer_of_parameter`.
    private let parameters: [String: [String]]

    /// - Parameter root: the case's data file, with keys in their order.
    init(_ root: ConfigValue) {
        var found: [String: [String]] = [:]
        for entry in root["parameter_groups"]?.array ?? [] {
            if let model = entry["model"]?.string, let layers = entry["layer_of_parameter"]?.object { found[model] = layers.map(\.key) }
        }
        parameters = found
    }

    func compare(_ entries: [Parameters], _ report: inout CaseReport) throws {
        report.check(!entries.isEmpty, "there are no parameter groups")
        for (index, entry) in entries.enumerated() { try compare("parameter_groups[\(index)]", entry, &report) }
    }

    private func compare(_ name: String, _ entry: Parameters, _ report: inout CaseReport) throws {
        let expected = try entry.sections("groups")
        let decay = try expected.map { try $0.number("weight_decay") }.max() ?? 0
        let grouping = ParameterGrouping(weightDecay: decay, layerDecay: try layerDecay(entry))
        if let layers = grouping.layerDecay { try compare(name, layers, entry, &report) }
        let names = try parameters[try entry.text("model")] ?? expected.flatMap { try $0.texts("params") }
        let groups = grouping.groups(names)
        report.equal("\(name): groups", groups.count, expected.count)
        for (index, (group, reference)) in zip(groups, expected).enumerated() {
            report.equal("\(name).groups[\(index)].params", group.parameters, try reference.texts("params"))
            let numbers = [("weight_decay", group.weightDecay), ("lr_scale", group.learningRateScale)]
            for (key, value) in numbers {
                let wanted = try reference.number(key)
                report.check(report.tolerance.accepts(value, wanted), "\(name).groups[\(index)].\(key): \(value), expected \(wanted)")
            }
        }
    }

    private func layerDecay(_ entry: Parameters) throws -> LayerDecay? {
        guard let decay = (entry["layer_decay"] as? NSNumber)?.doubleValue else { return nil }
        let config = try entry.section("config")
        return LayerDecay(
            decay, encoderLayers: try config.integer("encoder_depth"), decoderLayers: try config.integer("decoder_depth"),
            putsModalityEmbeddingsLast: entry["last_layer_mod_emb"] as? Bool ?? false)
    }

    private func compare(_ name: String, _ layers: LayerDecay, _ entry: Parameters, _ report: inout CaseReport) throws {
        let scales = try entry.numbers("layer_scales")
        let isNear = zip(layers.scales, scales).allSatisfy { report.tolerance.accepts($0, $1) }
        report.check(layers.scales.count == scales.count && isNear, "\(name).layer_scales: \(layers.scales), expected \(scales)")
        for (parameter, layer) in try entry.section("layer_of_parameter") {
            report.equal("\(name): layer of \(parameter)", layers.layer(of: parameter), layer as? Int ?? -1)
        }
    }
}
