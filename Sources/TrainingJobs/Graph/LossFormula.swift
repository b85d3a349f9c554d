import IR
import Inspect
import Names

/// What `--loss` says: a result of the function, or a formula of a result and a target that the data hold: `mse(output,target)`.
package struct LossFormula: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// A result of the function itself; its mean, if it is more than one number.
        case result
        /// Mean of (output - target)².
        case mse
        /// Mean of |output - target|.
        case l1
        /// Mean of -log softmax(output)[target]; targets are classes, negative ones do not count.
        case crossEntropy = "cross_entropy"
        /// Mean of -target · log s - (1 - target) · log (1 - s), s = sigmoid(output).
        case binaryCrossEntropy = "binary_cross_entropy"
    }

    package let kind: Kind
    /// The function's result.
    package let output: String
    /// The array of the data; empty for ``Kind/result``.
    package let target: String

    /// - Throws: ``WorkError`` saying what is meant to be written.
    package init(_ text: String) throws {
        let bare = text.filter { $0 != " " }
        guard let open = bare.firstIndex(of: "(") else {
            guard !bare.isEmpty, !bare.contains(")"), !bare.contains(",") else { throw LossFormula.broken(text) }
            (kind, output, target) = (.result, bare, "")
            return
        }
        let name = String(bare[..<open])
        guard let kind = Kind(rawValue: name), kind != .result else {
            throw WorkError("there is no loss '\(ForeignText.clean(name))'; there are \(LossFormula.names.joined(separator: ", "))")
        }
        let parts = bare[bare.index(after: open)...].dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard bare.hasSuffix(")"), parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains("(") && !$0.contains(")") }) else {
            throw LossFormula.broken(text)
        }
        (self.kind, output, target) = (kind, parts[0], parts[1])
    }

    package static var names: [String] { Kind.allCases.filter { $0 != .result }.map { "\($0.rawValue)(output,target)" } }

    private static func broken(_ text: String) -> WorkError {
        WorkError("'\(ForeignText.clean(text))' is no loss; give the name of a result, or \(names.joined(separator: ", "))")
    }

    package var description: String { kind == .result ? output : "\(kind.rawValue)(\(output),\(target))" }
}

extension LossFormula {
    /// The function that is trained.
    static let function = "training_loss"

    /// `module` with a function ``function`` that takes what `name` takes, and the target, and gives `loss` alone.
    /// - Throws: ``WorkError`` for a result that is not there or no float, for a target that is an input already, and for classes whose place in
    ///   the output is open.
    func added(to module: Module, calling name: String, targetShape: [Int]?) throws -> Module {
        guard let callee = module.function(name) else { throw WorkError("the model has no function '\(name)'") }
        let known = callee.outputs.map(\.name)
        guard let index = known.firstIndex(of: output) else {
            throw WorkError(
                "function '\(name)' has no result '\(output)'; \(NearNames.hint(output, in: known, otherwise: "it has: \(known.joined(separator: ", "))"))"
            )
        }
        guard let type = callee.valueType(of: callee.outputs[index].value).tensor, type.dtype.isFloat else {
            throw WorkError("result '\(output)' of function '\(name)' is no tensor of floats; a loss is made of floats")
        }
        var graph = Graph(name: LossFormula.function)
        let inputs = try callee.inputs.map { try graph.addInput(callee.inputName(of: $0) ?? "", callee.valueType(of: $0)) }
        let results = try graph.add(Call(name), inputs, name: name, sizes: callee.bornSizes.sorted(), callees: Callees(module))
        let builder = GradientBuilder(graph)
        builder.name = "loss"
        let loss = try loss(of: builder.traced(results[index]).cast(to: .f32), builder, targetShape)
        try builder.addOutput("loss", loss)
        var made = module
        made.setFunction(builder.graph)
        return made
    }

    private func loss(of output: Traced, _ builder: GradientBuilder, _ targetShape: [Int]?) throws -> Traced {
        switch kind {
        case .result: return try mean(output)
        case .mse: return try mean((output - target(as: output, builder)).squared())
        case .l1: return try mean((output - target(as: output, builder)).mapped(Abs.self))
        case .crossEntropy: return try crossEntropy(output, builder, targetShape)
        case .binaryCrossEntropy:
            // max(x, 0) - x · t + log (1 + e^-|x|), which no x is too large for.
            let t = try target(as: output, builder)
            let rest = try (output.mapped(Abs.self).mapped(Neg.self).exp() + 1).mapped(Log.self)
            return try mean(output.mapped(Relu.self) - output * t + rest)
        }
    }

    private func mean(_ x: Traced) throws -> Traced {
        try (x.rank == 0 ? x : x.mean(Array(0..<x.rank))).reshaped([])
    }

    private func target(as output: Traced, _ builder: GradientBuilder) throws -> Traced {
        builder.traced(try builder.addInput(target, .tensor(TensorType(.f32, output.shape))))
    }

    private func crossEntropy(_ output: Traced, _ builder: GradientBuilder, _ targetShape: [Int]?) throws -> Traced {
        let axis = try classAxis(output.shape, targetShape)
        var shape = output.shape
        shape.remove(at: axis)
        let ids = builder.traced(try builder.addInput(target, .tensor(TensorType(.i64, shape))))
        let zero = try ids.number(0)
        let counts = try ids.isAtLeast(zero)
        var picked = shape
        picked.insert(1, at: axis)
        let logs = try output.applying(LogSoftmax(axis: axis))
        let surprise = try -logs.applying(GatherElements(axis: axis), ids.maximum(zero).reshaped(picked)).reshaped(shape)
        let all = Array(0..<shape.count)
        let sum = try counts.choosing(surprise, else: surprise.zeros()).sum(all, keepDims: false)
        let number = try counts.cast(to: .f32).sum(all, keepDims: false)
        return try (sum / number.maximum(number.number(1))).reshaped([])
    }

    /// Where the classes are: the dimension that the targets lack. Dimension 1 where several may be, as in PyTorch and ONNX.
    private func classAxis(_ shape: [Dim], _ target: [Int]?) throws -> Int {
        guard shape.count > 1 else { throw WorkError("'\(output)' has \(shape.count) dimensions; cross_entropy needs samples and classes") }
        let order = [1] + (2..<shape.count).reversed()
        guard let target else { return 1 }
        let fitting = order.first { axis in
            var rest = shape
            rest.remove(at: axis)
            return rest.count == target.count && zip(rest.dropFirst(), target.dropFirst()).allSatisfy { $0.value == nil || $0.value == $1 }
        }
        guard let fitting else {
            let sizes = target.map(String.init).joined(separator: ", ")
            throw WorkError(
                "'\(self.target)' is [\(sizes)], which is not '\(output)' [\(shape.map(\.description).joined(separator: ", "))] without "
                    + "its classes", .content)
        }
        return fitting
    }
}
