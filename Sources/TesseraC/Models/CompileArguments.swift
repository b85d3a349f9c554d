import CTessera
import Tessera

/// - Throws: `TesseraError` naming the field.
func compileOptions(_ pointer: UnsafePointer<tessera_compile_options>?) throws -> CompileOptions {
    var made = CompileOptions()
    guard let given = try options(pointer, "options") else { return made }
    made.precision = try choice(given.precision, "options.precision", .f32)
    made.pipeline = try choice(given.pipeline, "options.pipeline", .clean)
    made.overrides = try list(given.overrides, given.override_count, "options.overrides").map { override in
        let pattern = try requiredText(override.pattern, "the pattern of one of options.overrides")
        guard override.scheme != nil else { throw wrong("options.overrides '\(pattern)' has no scheme") }
        return CompileOptions.Override(pattern, try choice(override.scheme, "the scheme of one of options.overrides", .f32))
    }
    made.groupSize = try count(given.group_size, "options.group_size") ?? made.groupSize
    made.zeroPoints = given.zero_points
    made.calibration = try calibration(given)
    let functions = try texts(given.functions, given.function_count, "options.functions")
    made.functions = functions.isEmpty ? nil : Set(functions)
    made.disabledRules = Set(try texts(given.disabled_rules, given.disabled_rule_count, "options.disabled_rules"))
    made.largestSizes = try sizes(given.largest_sizes, given.largest_size_count, "options.largest_sizes")
    made.threads = try count(given.threads, "options.threads")
    return made
}

private func calibration(_ given: tessera_compile_options) throws -> CalibrationCalls? {
    let calls = try list(given.calibration, given.calibration_count, "options.calibration")
    if calls.isEmpty {
        guard given.ranges == nil, !given.moves_scales else {
            throw wrong("options.ranges and options.moves_scales are for options.calibration, which has no calls")
        }
        return nil
    }
    var made = CalibrationCalls(
        try calls.map { call in
            let function = try requiredText(call.function, "the function of one of options.calibration")
            let given = try SizedArray(call.inputs, call.input_count, "inputs")
            var inputs: [String: Tensor] = [:]
            for index in 0..<given.count {
                let operand = try Operand(given[index], "inputs", index)
                // Only read while the model is compiled.
                inputs[try operand.text()] = try operand.tensor()
            }
            return CalibrationCalls.Call(function, inputs)
        })
    made.ranges = try choice(given.ranges, "options.ranges", .mse)
    made.movesScales = given.moves_scales
    return made
}

private func texts(_ pointer: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ name: StaticString) throws -> [String] {
    try list(pointer, count, name).map { try requiredText($0, name) }
}

/// - Throws: `TesseraError` naming the argument, also for two sizes of one symbol.
func sizes(_ pointer: UnsafePointer<tessera_size>?, _ count: Int, _ name: StaticString) throws -> [String: Int] {
    var found: [String: Int] = [:]
    for size in try list(pointer, count, name) {
        let symbol = try requiredText(size.symbol, name)
        guard found.updateValue(Int(size.value), forKey: symbol) == nil else { throw wrong("\(name) gives '\(symbol)' twice") }
    }
    return found
}
