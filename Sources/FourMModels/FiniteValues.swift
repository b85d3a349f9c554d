import FourMSettings
import IR

extension Tensor {
    /// How many of its values are NaN or infinite; 0 for integers.
    package var nonFiniteCount: Int {
        guard dtype.isFloat else { return 0 }
        guard dtype == .f32 else { return doubles.count { !$0.isFinite } }
        return bytes.buffer.withMemoryRebound(to: Float.self) { values in
            // All finite, as nearly always: one sum tells, since v - v is 0 of those alone.
            values.reduce(0) { $0 + ($1 - $1) } == 0 ? 0 : values.count { !$0.isFinite }
        }
    }

    /// For what is given: `source` names the file.
    /// - Throws: ``FourMError`` saying how many values are NaN or infinite.
    package func requireFinite(_ source: String) throws {
        let wrong = nonFiniteCount
        guard wrong > 0 else { return }
        throw FourMError("\(source): \(wrong) of \(count) values are not finite (NaN or infinite); replace them first")
    }

    /// For what a model makes: its `output` of `function`.
    /// - Throws: ``FourMError`` naming model, function and output if values are NaN or infinite.
    func requireFinite(_ output: String, of function: String, _ model: String) throws {
        let wrong = nonFiniteCount
        guard wrong > 0 else { return }
        throw FourMError(
            "\(model): \(wrong) of \(count) values of '\(output)' that '\(function)' gives are not finite (NaN or infinite); the inputs are, "
                + "so that the weights must hold such values or lead to them: get the model anew")
    }
}
