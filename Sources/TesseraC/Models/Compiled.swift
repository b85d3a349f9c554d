// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Inspect
import Tessera

/// A model that is ready to run.
final class CompiledHandle: Handle {
    let compiled: CompiledModel
    private(set) var functions: FunctionTable
    private(set) var name, report: UnsafePointer<CChar>?

    init(_ compiled: CompiledModel) throws {
        self.compiled = compiled
        functions = FunctionTable([], in: CMemory())
        super.init()
        functions = FunctionTable(compiled.functions, in: memory)
        (name, report) = (memory.text(compiled.name), memory.text(try compiled.report.map { try IndentedJSON.text($0) }))
    }
}

/// `tessera_model_compile`
@c @implementation
package func tessera_model_compile(
    _ model: OpaquePointer?, _ options: UnsafePointer<tessera_compile_options>?, _ compiled: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(compiled, "compiled", error) {
        let model = try required(model, "model", as: ModelHandle.self).model
        return try CompiledHandle(try model.compiled(try compileOptions(options)))
    }
}

/// `tessera_model_write`
@c @implementation
package func tessera_model_write(
    _ model: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<tessera_compile_options>?,
    _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    report?.pointee = nil
    return attempt(error) {
        let model = try required(model, "model", as: ModelHandle.self).model
        let made = try CompiledModel.write(model, to: try requiredText(path, "path"), try compileOptions(options))
        guard let report, !made.layers.isEmpty || !made.outputs.isEmpty else { return }
        report.pointee = callersText(try IndentedJSON.text(made))
    }
}

/// `tessera_compiled_open`
@c @implementation
package func tessera_compiled_open(
    _ path: UnsafePointer<CChar>?, _ compiled: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(compiled, "compiled", error) { try CompiledHandle(try CompiledModel(contentsOf: try requiredText(path, "path"))) }
}

/// `tessera_compiled_free`
@c @implementation
package func tessera_compiled_free(_ compiled: OpaquePointer?) { free(compiled) }

/// `tessera_compiled_name`
@c @implementation
package func tessera_compiled_name(_ compiled: OpaquePointer?) -> UnsafePointer<CChar>? { handle(compiled, as: CompiledHandle.self)?.name }

/// `tessera_compiled_weight_bytes`
@c @implementation
package func tessera_compiled_weight_bytes(_ compiled: OpaquePointer?) -> UInt64 {
    handle(compiled, as: CompiledHandle.self).map { UInt64(max($0.compiled.weightBytes, 0)) } ?? 0
}

/// `tessera_compiled_report`
@c @implementation
package func tessera_compiled_report(_ compiled: OpaquePointer?) -> UnsafePointer<CChar>? {
    handle(compiled, as: CompiledHandle.self)?.report
}

/// `tessera_compiled_function_count`
@c @implementation
package func tessera_compiled_function_count(_ compiled: OpaquePointer?) -> Int {
    handle(compiled, as: CompiledHandle.self)?.functions.descriptions.count ?? 0
}

/// `tessera_compiled_function`
@c @implementation
package func tessera_compiled_function(_ compiled: OpaquePointer?, _ index: Int) -> UnsafePointer<tessera_function_info>? {
    handle(compiled, as: CompiledHandle.self)?.functions[index]
}
