import CTessera
import Tessera

/// The functions of a model as C reads them.
struct FunctionTable {
    let descriptions: [FunctionDescription]
    private let infos: UnsafePointer<tessera_function_info>?

    init(_ functions: [FunctionDescription], in memory: CMemory) {
        descriptions = functions
        infos = memory.list(
            functions.map { function in
                let (inputs, outputs) = (function.inputs, function.outputs)
                return tessera_function_info(
                    name: memory.text(function.name), input_count: inputs.count, inputs: FunctionTable.values(inputs, memory),
                    output_count: outputs.count, outputs: FunctionTable.values(outputs, memory))
            })
    }

    private static func values(_ values: [ValueDescription], _ memory: CMemory) -> UnsafePointer<tessera_value_info>? {
        memory.list(
            values.map { value in
                let shape = value.shape.map { size in
                    switch size {
                    case .size(let size): tessera_dimension(value: Int64(size), symbol: nil)
                    case .symbolic(let expression): tessera_dimension(value: -1, symbol: memory.text(expression))
                    }
                }
                return tessera_value_info(
                    name: memory.text(value.name), is_tensor: value.isTensor, dtype: DTypes.number(value.elementType),
                    rank: shape.count, shape: memory.list(shape))
            })
    }

    /// Function `index`; nil behind the last.
    subscript(index: Int) -> UnsafePointer<tessera_function_info>? {
        index >= 0 && index < descriptions.count ? infos.map { $0 + index } : nil
    }

    /// The function called `name`, or the only one.
    /// - Throws: `TesseraError` that lists the functions there are.
    func find(_ name: String?) throws(TesseraError) -> FunctionDescription {
        let known = descriptions.map(\.name).joined(separator: ", ")
        guard let name else {
            if descriptions.count == 1 { return descriptions[0] }
            throw wrong("function is NULL, but the model has \(descriptions.count): \(known)")
        }
        if let found = descriptions.first(where: { $0.name == name }) { return found }
        throw wrong("the model has no function '\(name)'; it has: \(known)")
    }
}
