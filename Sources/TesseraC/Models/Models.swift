// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Inspect
import Tessera

/// A model as its file has it.
final class ModelHandle: Handle {
    let model: Model
    private(set) var functions: FunctionTable
    private(set) var name, format, metadata: UnsafePointer<CChar>?

    init(_ model: Model) throws {
        self.model = model
        functions = FunctionTable([], in: CMemory())
        super.init()
        functions = FunctionTable(model.functions, in: memory)
        (name, format) = (memory.text(model.name), memory.text(model.format))
        metadata = memory.text(try IndentedJSON.text(model.metadata))
    }
}

/// - Throws: `TesseraError` naming the field.
private func modelOptions(_ pointer: UnsafePointer<tessera_model_options>?) throws -> Model.Options {
    var made = Model.Options()
    guard let given = try options(pointer, "options") else { return made }
    made.configuration = try text(given.configuration, "options.configuration")
    made.stateKey = try text(given.state_key, "options.state_key")
    made.part = try choice(given.part, "options.part", .whole)
    let files = try list(given.adapters, given.adapter_count, "options.adapters")
    let scales = try given.adapter_scales.map { try list($0, given.adapter_count, "options.adapter_scales") }
    made.adapters = try files.enumerated().map { index, file in
        Model.Adapter(try requiredText(file, "an element of options.adapters"), scale: scales?[index] ?? 1)
    }
    return made
}

/// `tessera_model_open`
@c @implementation
package func tessera_model_open(
    _ source: UnsafePointer<CChar>?, _ options: UnsafePointer<tessera_model_options>?,
    _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(model, "model", error) {
        try ModelHandle(try Model(try requiredText(source, "source"), options: try modelOptions(options)))
    }
}

/// `tessera_model_open_memory`
@c @implementation
package func tessera_model_open_memory(
    _ bytes: UnsafeRawPointer?, _ count: Int, _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<tessera_model_options>?,
    _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(model, "model", error) {
        guard count >= 0, bytes != nil || count == 0 else { throw wrong("bytes is NULL, or their number too large") }
        let name = try text(name, "name") ?? "model.onnx"
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        return try ModelHandle(try Model(copying: buffer, name: name, options: try modelOptions(options)))
    }
}

/// `tessera_model_free`
@c @implementation
package func tessera_model_free(_ model: OpaquePointer?) { free(model) }

/// `tessera_model_name`
@c @implementation
package func tessera_model_name(_ model: OpaquePointer?) -> UnsafePointer<CChar>? { handle(model, as: ModelHandle.self)?.name }

/// `tessera_model_format`
@c @implementation
package func tessera_model_format(_ model: OpaquePointer?) -> UnsafePointer<CChar>? { handle(model, as: ModelHandle.self)?.format }

/// `tessera_model_metadata`
@c @implementation
package func tessera_model_metadata(_ model: OpaquePointer?) -> UnsafePointer<CChar>? { handle(model, as: ModelHandle.self)?.metadata }

/// `tessera_model_parameter_count`
@c @implementation
package func tessera_model_parameter_count(_ model: OpaquePointer?) -> UInt64 {
    handle(model, as: ModelHandle.self).map { UInt64(max($0.model.parameterCount, 0)) } ?? 0
}

/// `tessera_model_weight_bytes`
@c @implementation
package func tessera_model_weight_bytes(_ model: OpaquePointer?) -> UInt64 {
    handle(model, as: ModelHandle.self).map { UInt64(max($0.model.weightBytes, 0)) } ?? 0
}

/// `tessera_model_function_count`
@c @implementation
package func tessera_model_function_count(_ model: OpaquePointer?) -> Int {
    handle(model, as: ModelHandle.self)?.functions.descriptions.count ?? 0
}

/// `tessera_model_function`
@c @implementation
package func tessera_model_function(_ model: OpaquePointer?, _ index: Int) -> UnsafePointer<tessera_function_info>? {
    handle(model, as: ModelHandle.self)?.functions[index]
}
