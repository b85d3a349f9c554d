import FourMSettings
import IR

/// Writes a loss as a function of a tokenizer's module, out of the functions that it has; arithmetic appends nodes (`Traced`).
final class LossWriter {
    static let function = "training_loss"
    static let batch: Dim = .symbol("batch")

    /// Of the nodes that it adds.
    private static let name = "training"

    private(set) var module: Module
    private let builder: GradientBuilder
    /// Constants that the function needs beside those of the module.
    private var added: [Constant] = []

    /// - Parameter name: Of the function.
    init(_ module: Module, function name: String = LossWriter.function) {
        self.module = module
        builder = GradientBuilder(Graph(name: name))
        builder.name = LossWriter.name
    }

    /// The module with the function.
    var result: Module {
        var made = module
        made.setFunction(builder.graph)
        for constant in added { made.setConstant(constant) }
        return made
    }

    func input(_ name: String, _ dtype: DType, _ shape: [Dim]) throws -> Traced {
        builder.traced(try builder.addInput(name, .tensor(TensorType(dtype, shape))))
    }

    func output(_ name: String, _ value: Traced) throws { try builder.addOutput(name, value) }

    /// Constant `key` of the module.
    /// - Throws: ``FourMError`` if it has none.
    func constant(_ key: String) throws -> Traced {
        guard let constant = module.constants[key] else { throw FourMError("the model has no '\(key)'", .request) }
        return builder.traced(try builder.constant(key, constant.type))
    }

    /// A table that is no parameter of the module.
    func table(_ key: String, _ tensor: Tensor) throws -> Traced {
        added.append(Constant(key: key, tensor))
        return builder.traced(try builder.constant(key, tensor.type))
    }

    /// Random numbers in [0, 1), a stream of their own for each name.
    func random(_ name: String, _ type: TensorType) throws -> Traced {
        defer { builder.name = LossWriter.name }
        builder.name = name
        guard let made = try builder.add(Random(type, .uniform), []).first else { throw FourMError("'\(name)' gives nothing", .fault) }
        return made
    }

    /// A function of the module.
    /// - Throws: ``FourMError`` if there is none.
    func function(_ name: String) throws -> Graph {
        guard let found = module.function(name) else { throw FourMError("the model has no function '\(name)'", .request) }
        return found
    }

    /// Gives the module one more function.
    func add(_ graph: Graph) { module.setFunction(graph) }

    /// Results of a function of the module by name.
    /// - Parameter inputs: by the names that the function gives them.
    /// - Throws: ``FourMError`` if there is no such function, or it asks for more.
    func call(_ function: String, _ inputs: [String: Traced]) throws -> [String: Traced] {
        let callee = try self.function(function)
        let results = try builder.call(function, operands(of: callee, inputs).map(\.value), of: module)
        return Dictionary(zip(callee.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    private func operands(of callee: Graph, _ inputs: [String: Traced]) throws -> [Traced] {
        try callee.inputs.map { input in
            let name = callee.inputName(of: input) ?? ""
            guard let value = inputs[name] else { throw FourMError("'\(callee.name)' asks for '\(name)'") }
            return value
        }
    }

    /// Sizes of the symbols of a function for these inputs.
    func sizes(in function: String, _ inputs: [String: Traced]) throws -> [String: Dim] {
        let operands = try operands(of: self.function(function), inputs)
        return try module.sizes(in: function, calledWith: operands.map { .tensor($0.type) })
    }

    /// Result `name` of a function of the module.
    func call(_ function: String, _ inputs: [String: Traced], result name: String) throws -> Traced {
        guard let result = try call(function, inputs)[name] else { throw FourMError("'\(function)' has no result '\(name)'") }
        return result
    }
}

extension Traced {
    /// The same numbers, which gradients do not pass.
    func withoutGradient() throws -> Traced { try applying(StopGradient()) }

    /// The mean of all elements, without dimensions.
    func mean() throws -> Traced { try applying(Reduce<ReduceMean>(axes: Array(0..<rank))) }
}
