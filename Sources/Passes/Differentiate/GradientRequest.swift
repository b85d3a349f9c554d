import IR

/// Which gradients are asked for.
package struct GradientRequest: Sendable {
    /// The function; nil for each that has the loss among its results.
    package var function: String?
    /// The result that is differentiated: one float.
    package var loss: String
    /// Keys of constants and, with % in front, names of inputs; empty for all float constants but single numbers without dimensions.
    package var parameters: [NamePattern]
    /// Whether the constants become inputs of the new function, under their keys: what is trained changes from call to call. Patterns that fit
    /// nothing are then passed over, so that one list serves several functions of a model.
    package var takesParameters: Bool
    /// Keys of other constants that become inputs: what changes from call to call without a gradient. Functions that the results of these names
    /// call are put in their places.
    package var buffers: Set<String>
    /// Whether the new function gives the other results too.
    package var keepsResults: Bool

    package init(
        function: String? = nil, loss: String = "loss", parameters: [NamePattern] = [], takesParameters: Bool = false,
        keepsResults: Bool = false, buffers: Set<String> = []
    ) {
        (self.function, self.loss, self.parameters) = (function, loss, parameters)
        (self.takesParameters, self.keepsResults, self.buffers) = (takesParameters, keepsResults, buffers)
    }

    /// Names of gradients, before the name of what they are of; of functions that give them, before that of the function.
    package static let prefix = "grad."
    package static let functionPrefix = "gradient."

    /// A constant or input of a function whose gradient is asked for.
    struct Source {
        /// The constant's key or the input's name.
        let name: String
        let value: ValueID
        let isConstant: Bool
    }

    /// What of `graph` is asked for: constants by key, then inputs in order.
    /// - Throws: ``PassError`` for a pattern that fits nothing.
    func sources(in graph: Graph) throws -> [Source] {
        let constants = graph.constantOperands.sorted { $0.key < $1.key }
            .map { Source(name: $0.key, value: $0.value, isConstant: true) }
        let inputs = graph.inputs.map { Source(name: graph.inputName(of: $0) ?? "", value: $0, isConstant: false) }
        let floats = (constants + inputs).filter { graph.valueType(of: $0.value).tensor?.dtype.isFloat == true }
        if parameters.isEmpty { return floats.filter { $0.isConstant && graph.type(of: $0.value).rank > 0 } }
        if let function, !takesParameters, let unmet = parameters.first(where: { pattern in !floats.contains { fits(pattern, $0) } }) {
            throw PassError("differentiate: function '\(function)' reads no constant of floats '\(unmet)', and has no such input (%name)")
        }
        return floats.filter { source in parameters.contains { fits($0, source) } }
    }

    /// Constants of `graph` that ``buffers`` names, in order.
    func taken(in graph: Graph) -> [Source] {
        graph.constantOperands.filter { buffers.contains($0.key) }.sorted { $0.key < $1.key }
            .map { Source(name: $0.key, value: $0.value, isConstant: true) }
    }

    private func fits(_ pattern: NamePattern, _ source: Source) -> Bool {
        pattern.fits(source.isConstant ? source.name : "%" + source.name)
    }
}

extension Graph {
    /// Constants that nodes read, by key.
    fileprivate var constantOperands: [String: ValueID] {
        nodes.reduce(into: [:]) { found, node in
            for case let input? in node.inputs { if let key = constantKey(of: input) { found[key] = input } }
        }
    }
}
