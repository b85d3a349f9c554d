import FourMSettings
import IR
import Importers

/// Writes the loss of masked modelling as a function of a 4M transformer's module, out of the functions that it has.
///
/// Inputs are what ``BatchLayout/lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)`` makes: for each input modality its tokens or pixels
/// (`encoder.NAME.ids`, …), which rows of all of them the encoder takes (`encoder.select`), the same for the decoder, and for each target
/// which rows of the decoder's output predict it (`target.NAME.rows`) and what (`target.NAME.ids`). Results are `loss` and `loss.NAME` for each target.
///
/// Id 0 of texts is padding: as in the reference, its row of a table is read and gets no gradient.
package struct LossFunction {
    package static let name = "training_loss"

    private let module: Module
    private let modalities: [String: ModelModality]
    private let dim: Dim
    private var graph = Graph(name: LossFunction.name)

    private static let batch: Dim = .symbol("batch")

    private init(_ module: Module) throws {
        self.module = module
        modalities = try ModelModality.read(module)
        dim = Dim(try module.metadata.architecture(.dim))
    }

    /// `module` with the function.
    /// - Parameters:
    ///   - inputs: modalities in the order in which the encoder sees them.
    ///   - targets: those of the decoder in theirs.
    /// - Throws: ``FourMError`` for a modality that the model lacks, and ``GraphError`` if its functions do not fit.
    package static func added(to module: Module, inputs: [String], targets: [String]) throws -> Module {
        var writer = try LossFunction(module)
        try writer.write(inputs, targets)
        var made = module
        made.setFunction(writer.graph)
        return made
    }

    private mutating func write(_ inputs: [String], _ targets: [String]) throws {
        let mask = try graph.addInput("encoder.mask", TensorType(.bool, [Self.batch, 1, .symbol("tokens")]))
        var (tokens, embeddings): ([ValueID], [ValueID]) = ([], [])
        if module.function(FourMFunction.registerTokens) != nil {
            let stored = try call(FourMFunction.registerTokens, [])
            let count = graph.type(of: stored).shape[1]
            tokens.append(try apply(Expand([Self.batch, count, dim]), stored))
            embeddings.append(try apply(Fill(shape: [Self.batch, count, dim], value: .float(0), dtype: .f32)))
        }
        for (index, name) in inputs.enumerated() {
            let (x, emb) = try embedded(name, .symbol("e\(index)"))
            tokens.append(x)
            embeddings.append(emb)
        }
        let select = try graph.addInput("encoder.select", TensorType(.i64, [Self.batch, .symbol("tokens")]))
        let context = try call(FourMFunction.encode, [selected(tokens, select), selected(embeddings, select), mask], result: 1)
        let selfMask = try graph.addInput("decoder.mask", TensorType(.bool, [Self.batch, .symbol("targets"), .symbol("targets")]))
        let queries = try targets.enumerated().map { try query($1, .symbol("d\($0)")) }
        let chosen = try graph.addInput("decoder.select", TensorType(.i64, [Self.batch, .symbol("targets")]))
        let output = try call(FourMFunction.decode, [selected(queries, chosen), context, mask, selfMask])
        let rows = try apply(Reshape([Self.batch * .symbol("targets"), dim]), output)
        try finish(targets, try targets.enumerated().map { try loss($1, rows, .symbol("k\($0)")) })
    }

    /// Σ weight · loss over the targets.
    private mutating func finish(_ targets: [String], _ losses: [ValueID]) throws {
        let weights = try graph.addInput("weights", TensorType(.f32, [Dim(targets.count)]))
        let all = try apply(Concat(axis: 0), losses.map { try apply(Reshape([1]), $0) })
        try graph.addOutput("loss", try apply(Reduce<ReduceSum>(axes: [0]), try apply(Binary<Mul>(), all, weights)))
        for (name, loss) in zip(targets, losses) { try graph.addOutput("loss.\(name)", loss) }
    }

    /// Token and position embeddings of one input modality: `[batch, count, dim]` each.
    private mutating func embedded(_ name: String, _ count: Dim) throws -> (x: ValueID, emb: ValueID) {
        let function = FourMFunction.embedEncoder(name)
        let (x, emb) = try both(function, own(function, "encoder.\(name)", count))
        guard modalities[name]?.isSequence == true, let ids = graph.input(named: "encoder.\(name).ids") else { return (x, emb) }
        return (try apply(Where(), isPadding(ids), try apply(StopGradient(), x), x), emb)
    }

    /// What the decoder is given of one target modality: `[batch, count, dim]`.
    private mutating func query(_ name: String, _ count: Dim) throws -> ValueID {
        guard modalities[name]?.isSequence == true else {
            return try call(FourMFunction.embedDecoder(name), own(FourMFunction.embedDecoder(name), "decoder.\(name)", count))
        }
        let function = FourMFunction.embedDecoderIDs(name)
        let (y, emb) = try both(function, own(function, "decoder.\(name)", count))
        guard let ids = graph.input(named: "decoder.\(name).ids") else { return y }
        // The same numbers, of which the position and modality embeddings alone have gradients.
        let none = try apply(Binary<Sub>(), emb, try apply(StopGradient(), emb))
        return try apply(Where(), isPadding(ids), try apply(Binary<Add>(), try apply(StopGradient(), y), none), y)
    }

    private mutating func isPadding(_ ids: ValueID) throws -> ValueID {
        let zero = try apply(Fill(shape: [], value: .int(0), dtype: .i64))
        return try apply(Reshape(graph.type(of: ids).shape + [1]), try apply(Comparison<Equal>(), ids, zero))
    }

    /// Rows of `parts` `[batch, n, dim]`, all behind one another as `select` counts them; one past the last is zero.
    private mutating func selected(_ parts: [ValueID], _ select: ValueID) throws -> ValueID {
        let all = try apply(Concat(axis: 1), parts)
        let rows = graph.type(of: all).shape[1]
        let zero = try apply(Fill(shape: [1, dim], value: .float(0), dtype: .f32))
        let flat = try apply(Concat(axis: 0), [try apply(Reshape([Self.batch * rows, dim]), all), zero])
        return try apply(Gather(), flat, select)
    }

    /// Mean cross-entropy of `count` predictions; 0 without any.
    private mutating func loss(_ name: String, _ rows: ValueID, _ count: Dim) throws -> ValueID {
        let places = try graph.addInput("target.\(name).rows", TensorType(.i64, [count]))
        let ids = try graph.addInput("target.\(name).ids", TensorType(.i64, [count, 1]))
        let y = try apply(Reshape([1, count, dim]), try apply(Gather(), rows, places))
        let logits = try call(FourMFunction.logits(name), [y])
        let logarithms = try apply(LogSoftmax(), try apply(Reshape([count, graph.type(of: logits).shape[2]]), logits))
        let surprise = try apply(Unary<Neg>(), try apply(GatherElements(axis: 1), logarithms, ids))
        let size = try apply(Reshape([]), try apply(Cast(to: .f32), try apply(Shape([.maximum(count, 1)]))))
        return try apply(Binary<Div>(), try apply(Reduce<ReduceSum>(axes: [0, 1]), surprise), size)
    }
}

extension LossFunction {
    private mutating func apply(_ op: any Operator, _ inputs: ValueID...) throws -> ValueID { try apply(op, inputs) }

    private mutating func apply(_ op: any Operator, _ inputs: [ValueID]) throws -> ValueID { try graph.apply(op, inputs, name: "training") }

    /// Result number `result` of a function.
    private mutating func call(_ function: String, _ inputs: [ValueID], result: Int = 0) throws -> ValueID {
        let results = try results(of: function, inputs)
        guard result < results.count else { throw FourMError("'\(function)' has \(results.count) results, not \(result + 1)") }
        return results[result]
    }

    private mutating func both(_ function: String, _ inputs: [ValueID]) throws -> (ValueID, ValueID) {
        let results = try results(of: function, inputs)
        guard results.count == 2 else { throw FourMError("'\(function)' has \(results.count) results, not 2") }
        return (results[0], results[1])
    }

    private mutating func results(of function: String, _ inputs: [ValueID]) throws -> [ValueID] {
        guard module.function(function) != nil else { throw FourMError("the model has no function '\(function)'", .request) }
        return try graph.add(Call(function), inputs, name: function, sizes: [], callees: Callees(module))
    }

    /// Inputs of this function for those of `function`, their names behind `prefix`; `count` for its number of tokens.
    private mutating func own(_ function: String, _ prefix: String, _ count: Dim) throws -> [ValueID] {
        guard let callee = module.function(function) else { throw FourMError("the model has no function '\(function)'", .request) }
        return try callee.inputs.map { input in
            let type = callee.valueType(of: input).substituting(["n": count])
            return try graph.addInput("\(prefix).\(callee.inputName(of: input) ?? "")", type)
        }
    }
}
