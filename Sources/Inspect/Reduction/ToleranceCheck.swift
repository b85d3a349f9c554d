import FourMModels
import IR
import Importers
import Passes
import Runtime

/// How far the results of a compiled function are from what is right.
package struct ToleranceCheck {
    /// What is right.
    package enum Reference: Sendable {
        /// The operators' own evaluation, slow and plain.
        case evaluate
        /// The same module without any rewrite, run by kernels.
        case unrewritten
        /// What something else computed, by names of outputs.
        case recorded([String: Tensor])
    }

    package let function: String
    package let reference: Reference
    package let precision: PrecisionPolicy
    package let options: PassOptions
    /// Inputs by name; those that are not here are made up.
    package private(set) var inputs: [String: Tensor]
    package let binding: Binding
    package let seed: UInt64

    package init(
        function: String, reference: Reference = .unrewritten, precision: PrecisionPolicy = .f32, options: PassOptions = PassOptions(),
        inputs: [String: Tensor] = [:], binding: Binding = [:], seed: UInt64 = 0
    ) {
        (self.function, self.reference, self.precision, self.options) = (function, reference, precision, options)
        (self.inputs, self.binding, self.seed) = (inputs, binding, seed)
    }

    /// The largest error of a result, as ``NodeComparison`` counts it: the root of the mean square of the differences by that of what is
    /// right; infinite where one is not finite and the other is.
    /// - Throws: what compiling and running throw.
    package func error(of module: Module) throws -> Double {
        try error(module, try right(module), options)
    }

    /// The same of a part of the function, on what it gets in a run of the whole, as far as that is known.
    package func error(of part: SubGraph.Part, in whole: RunValues) throws -> Double {
        try check(of: part, in: whole).error(of: part.module)
    }

    /// What the nodes of the function come to on its inputs.
    /// - Throws: what compiling and running throw.
    package func values(_ module: Module) throws -> RunValues {
        try RunValues(module, function, given(module), binding: sizes(module), seed: seed)
    }

    /// The inputs that a part is run on.
    package func inputs(of part: SubGraph.Part, in whole: RunValues) throws -> [String: Tensor] {
        try check(of: part, in: whole).given(part.module)
    }

    private func check(of part: SubGraph.Part, in whole: RunValues) -> ToleranceCheck {
        var made = self
        made.inputs = part.inputs.compactMapValues { whole.tensors[$0] }
        return made
    }

    /// Without inputs that were given: all are made up.
    package var onRandomInputs: ToleranceCheck {
        var made = self
        made.inputs = [:]
        return made
    }

    /// The largest error of the results of `module` after `count` rewrites, `right` being what ``right(_:)`` gave.
    package func error(_ module: Module, _ right: [String: Tensor], after count: Int) throws -> Double {
        var limited = options
        limited.stopAfter = count
        return try error(module, right, limited)
    }

    /// What the results should be.
    package func right(_ module: Module) throws -> [String: Tensor] {
        switch reference {
        case .recorded(let tensors): return tensors
        case .evaluate: return try Interpreter.run(module, function, given(module), binding: sizes(module), seed: seed)
        case .unrewritten: return try run(module, PassOptions(stopAfter: 0), .f32)
        }
    }

    private func error(_ module: Module, _ right: [String: Tensor], _ options: PassOptions) throws -> Double {
        let results = try run(module, options, precision)
        let both = results.filter { right[$0.key]?.shape == $0.value.shape }
        guard !both.isEmpty else {
            throw WorkError(
                "no result of '\(function)' (\(results.keys.sorted().joined(separator: ", "))) has a reference of its name and shape",
                .content)
        }
        return both.reduce(0) { worst, result in
            right[result.key].map { max(worst, NodeComparison.difference($0, result.value).error) } ?? worst
        }
    }

    private func run(_ module: Module, _ options: PassOptions, _ precision: PrecisionPolicy) throws -> [String: Tensor] {
        let session = Session(try ModelLoader.plan(module, options, precision: precision))
        return try session.run(function, given(module), binding: sizes(module), seed: seed)
    }

    private func sizes(_ module: Module) throws -> Binding {
        guard let graph = module.function(function) else { throw WorkError("there is no function '\(function)'", .content) }
        let usual = TypicalSizes(module).binding(forCalling: graph)
        return InputFitting.sizes(of: inputs, graph).merging(binding) { first, _ in first }.merging(usual) { first, _ in first }
    }

    /// Given inputs that fit, and made ones for the others.
    private func given(_ module: Module) throws -> [String: Tensor] {
        guard let graph = module.function(function) else { throw WorkError("there is no function '\(function)'", .content) }
        let sizes = try sizes(module)
        let maker = RandomInputs(graph, in: module, sizes, seed: seed)
        return try graph.signature.inputs.reduce(into: [:]) { made, input in
            if let known = inputs[input.name], let type = input.type.tensor {
                var bound = sizes
                if (try? type.bind(known, named: input.name, in: &bound)) != nil {
                    made[input.name] = known
                    return
                }
            }
            made[input.name] = try maker.make(input.name).tensor
        }
    }
}
