import CTessera
import Tessera

#if canImport(Glibc)
    import Glibc
#endif

/// A call as C made it.
struct CCall {
    let function: UnsafePointer<CChar>?
    let inputs, states, outputs: SizedArray<tessera_tensor>
    let sizes: UnsafeBufferPointer<tessera_size>
    let cancellation: CancellationToken?
    let onStep: tessera_step_callback?
    let context: UnsafeMutableRawPointer?

    /// - Throws: `TesseraError` naming the argument.
    init(
        _ function: UnsafePointer<CChar>?, _ inputs: SizedArray<tessera_tensor>, _ outputs: SizedArray<tessera_tensor>,
        _ given: tessera_run_options?
    ) throws {
        (self.function, self.inputs, self.outputs) = (function, inputs, outputs)
        states = try SizedArray(given?.states, given?.state_count ?? 0, "options.states")
        sizes = try list(given?.sizes, given?.size_count ?? 0, "options.sizes")
        cancellation = try token(given?.cancellation, "options.cancellation")
        (onStep, context) = (given?.on_step, given?.context)
    }
}

/// The tables that the door takes, made of a call, and kept for the next that is like it: that one makes none.
final class CallTables {
    let function: FunctionDescription
    private(set) var inputs: [String: Tensor] = [:]
    private(set) var states: [String: TensorBuffer] = [:]
    private(set) var outputs: [String: TensorBuffer] = [:]
    let sizes: [String: Int]
    /// Whether the tables stay true as long as the addresses do: strings are copied.
    private var isLasting = true
    private let called: UnsafePointer<CChar>?
    private var operands: [Known] = []
    private var symbols: [UnsafePointer<CChar>?] = []
    private var values: [Int64] = []
    private let memory = CMemory()

    private struct Known {
        let name: UnsafePointer<CChar>?
        let type: ElementType
        let shape: [Int64]
        let data: UnsafeMutableRawPointer?
        let bytes: Int
    }

    /// - Throws: `TesseraError` naming the argument.
    init(_ call: CCall, _ functions: FunctionTable) throws {
        let name = try text(call.function, "function")
        function = try functions.find(name)
        called = memory.text(name)
        sizes = try TesseraC.sizes(call.sizes.baseAddress, call.sizes.count, "options.sizes")
        (symbols, values) = (call.sizes.map { memory.text($0.symbol.map { String(cString: $0) }) }, call.sizes.map(\.value))
        for index in 0..<call.inputs.count {
            let operand = try Operand(call.inputs[index], "inputs", index)
            try place(operand.tensor(), operand, &inputs, "inputs")
        }
        for index in 0..<call.states.count {
            let operand = try Operand(call.states[index], "options.states", index)
            try place(operand.buffer(), operand, &states, "options.states")
        }
        for index in 0..<call.outputs.count {
            let operand = try Operand(call.outputs[index], "outputs", index)
            try place(operand.buffer(), operand, &outputs, "outputs")
        }
        try checkOutputs(call)
    }

    private func place<Value>(
        _ value: Value, _ operand: Operand, _ table: inout [String: Value], _ list: StaticString
    ) throws(TesseraError) {
        let name = try operand.text()
        guard table.updateValue(value, forKey: name) == nil else { throw wrong("\(list) gives '\(name)' twice") }
        if operand.type == .string { isLasting = false }
        operands.append(
            Known(name: memory.text(name), type: operand.type, shape: Array(operand.shape), data: operand.data, bytes: operand.bytes))
    }

    private func checkOutputs(_ call: CCall) throws(TesseraError) {
        let known = function.outputs.map(\.name)
        if let stranger = outputs.keys.sorted().first(where: { !known.contains($0) }) {
            throw wrong("function '\(function.name)' has no output '\(stranger)'; it has: \(known.joined(separator: ", "))")
        }
    }

    /// Whether `call` would make the same tables. Asks the heap for nothing.
    func fit(_ call: CCall) -> Bool {
        guard isLasting, CallTables.areEqual(called, call.function), call.sizes.count == values.count,
            call.inputs.count == inputs.count, call.states.count == states.count, call.outputs.count == outputs.count
        else { return false }
        for index in 0..<values.count {
            guard call.sizes[index].value == values[index], CallTables.areEqual(call.sizes[index].symbol, symbols[index]) else {
                return false
            }
        }
        return fit(call.inputs, 0) && fit(call.states, inputs.count) && fit(call.outputs, inputs.count + states.count)
    }

    private func fit(_ given: SizedArray<tessera_tensor>, _ start: Int) -> Bool {
        for index in 0..<given.count {
            guard let operand = try? Operand(given[index], "", index) else { return false }
            let known = operands[start + index]
            guard operand.type == known.type, operand.data == known.data, operand.bytes == known.bytes,
                operand.shape.elementsEqual(known.shape), CallTables.areEqual(operand.name, known.name)
            else { return false }
        }
        return true
    }

    private static func areEqual(_ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?) -> Bool {
        guard let a, let b else { return a == b }
        return strcmp(a, b) == 0
    }
}
