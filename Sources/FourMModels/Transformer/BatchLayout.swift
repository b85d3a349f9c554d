import FourMSettings
import IR

/// How the losses of modalities make one (`forward` of `fourm/models/fm.py`).
package enum LossType: String, Sendable, CaseIterable {
    /// Their mean, of those without targets too.
    case mod
    /// Weighted by targets times vocabulary size.
    case token
}

/// What a batch of masked modelling needs to know of a model: its modalities and how its decoder looks at targets. Needs no weights.
package struct BatchLayout: Sendable {
    /// By name.
    package let modalities: [String: ModelModality]
    let registers: Int
    let isCausal, separates: Bool

    /// - Throws: ``FourMError`` if the module is no 4M transformer.
    package init(_ module: Module) throws {
        let architecture = module.metadata.section(.architecture)
        modalities = try ModelModality.read(module)
        registers = architecture.integer(.registerTokens) ?? 0
        isCausal = architecture.flag(.decoderCausalMask) == true
        separates = architecture.flag(.decoderSeparationMask) == true
    }

    /// - Throws: ``FourMError`` listing the modalities there are.
    func modality(_ name: String) throws -> ModelModality {
        if let known = modalities[name] { return known }
        throw FourMError("this model has no modality '\(name)'; it has: \(modalities.keys.sorted().joined(separator: ", "))", .request)
    }

    /// Inputs of ``LossFunction`` for a batch; see ``FourMModel/train(_:decoderOrder:encoderTokens:decoderTokens:)`` for what is selected.
    /// - Throws: ``FourMError`` for targets that the set or the model lacks.
    package func lossInputs(
        _ set: ModalitySet, decoderOrder: [String], encoderTokens: Int, decoderTokens: Int, loss: LossType
    ) throws -> [String: Tensor] {
        var inputs = try encoderInputs(set, limit: max(encoderTokens, 0))
        let rows = try decoderRows(set, decoderOrder, limit: max(decoderTokens, 0))
        inputs.merge(try decoderInputs(set.batch, rows, decoderOrder)) { $1 }
        inputs["decoder.mask"] = mask(rows)
        let length = rows.first?.count ?? 0
        var weights: [Double] = []
        for name in decoderOrder {
            let own = rows.enumerated().flatMap { row, tokens in
                tokens.enumerated().filter { $0.element.isTarget(name) }.map { (row * length + $0.offset, $0.element.targetID) }
            }
            inputs["target.\(name).rows"] = Tensor(integers: own.map(\.0), [own.count])
            inputs["target.\(name).ids"] = Tensor(integers: own.map(\.1), [own.count, 1])
            weights.append(loss == .mod ? 1 : Double(own.count * (try modality(name).vocabularySize ?? 0)))
        }
        let sum = weights.reduce(0, +)
        inputs["weights"] = Tensor(weights.map { sum > 0 ? $0 / sum : 0 }, [weights.count], as: .f32)
        return inputs
    }

    private func encoderInputs(_ set: ModalitySet, limit: Int) throws -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        var (chosen, total) = ([[Int]](repeating: Array(0..<registers), count: set.batch), registers)
        var positions = 0
        for name in lossOrder(set) {
            guard let batch = set[name], batch.batch == set.batch else { throw FourMError("rows of '\(name)' do not fit the others") }
            let visible = batch.inputMask.map { mask in mask.indices.filter { !mask[$0] } }
            // One token that nothing selects, where there is none.
            let longest = max(visible.map(\.count).max() ?? 0, 1)
            let own = try FourMModel.encoderInputs(modality(name), batch, visible, longest)
            for (key, value) in own { inputs["encoder.\(name).\(key)"] = value }
            for (row, places) in visible.enumerated() {
                chosen[row] += places.enumerated().map { total + (batch.content.isTokens ? $0.offset : $0.element) }
            }
            total += batch.content.isTokens ? longest : batch.length
            positions += batch.length
        }
        let length = min(limit, positions) + registers
        let rows = chosen.enumerated().map { row, own in own.prefix(length).map { row * total + $0 } }
        inputs["encoder.select"] = BatchLayout.filled(rows, length, with: set.batch * total)
        inputs["encoder.mask"] = Tensor(bools: rows.flatMap { row in (0..<length).map { $0 >= row.count } }, [set.batch, 1, length])
        return inputs
    }

    private func decoderInputs(_ batch: Int, _ rows: [[DecoderToken]], _ order: [String]) throws -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        var (places, total) = (rows.map { $0.map { _ in -1 } }, 0)
        for name in order {
            let own = rows.map { row in row.enumerated().filter { $0.element.isTarget(name) } }
            let longest = max(own.map(\.count).max() ?? 0, 1)
            inputs["decoder.\(name).positions"] = BatchLayout.filled(own.map { $0.map(\.element.position) }, longest, with: 0)
            if try modality(name).isSequence {
                inputs["decoder.\(name).ids"] = BatchLayout.filled(own.map { $0.map(\.element.id) }, longest, with: 0)
            }
            for (row, tokens) in own.enumerated() {
                for (index, token) in tokens.enumerated() { places[row][token.offset] = total + index }
            }
            total += longest
        }
        let flat = places.enumerated().map { row, own in own.map { $0 < 0 ? batch * total : row * total + $0 } }
        inputs["decoder.select"] = BatchLayout.filled(flat, rows.first?.count ?? 0, with: batch * total)
        return inputs
    }

    /// Modalities of `set` that the encoder sees, in order.
    package func lossOrder(_ set: ModalitySet) -> [String] { set.names.filter { modalities[$0]?.isInput == true } }

    /// Rows of equal length.
    private static func filled(_ rows: [[Int]], _ length: Int, with value: Int) -> Tensor {
        let values = rows.flatMap { $0 + [Int](repeating: value, count: max(length - $0.count, 0)) }
        return Tensor(integers: values, [rows.count, length])
    }
}
