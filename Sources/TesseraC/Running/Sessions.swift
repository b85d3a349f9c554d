// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Synchronization
import Tessera

/// Working memory, and the tables of its last call.
final class SessionHandle: Handle {
    private let session: Session
    private let functions: FunctionTable
    /// Keeps the names that ``functions`` points to.
    private let compiled: CompiledHandle
    private let isBusy = Atomic<Bool>(false)
    private var tables: CallTables?

    init(_ compiled: CompiledHandle, threads: Int?) {
        (self.compiled, functions) = (compiled, compiled.functions)
        session = compiled.compiled.makeSession(threads: threads)
    }

    var peakBytes: UInt64 { UInt64(max(session.peakBytes, 0)) }

    /// Runs `call` by `body`, which is given its tables.
    /// - Throws: `TesseraError`, also where the session is running already.
    func run(_ call: CCall, _ body: (Session, CallTables) throws -> Void) throws {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            throw TesseraError(
                .usage, "the session is running already, on another thread or around this callback",
                remedy: "make a session for each thread: they share the model's weights")
        }
        defer { isBusy.store(false, ordering: .releasing) }
        let known = tables.flatMap { $0.fit(call) ? $0 : nil }
        let made = try known ?? CallTables(call, functions)
        tables = made
        if let onStep = call.onStep {
            let context = call.context
            session.onStep = { kernel, node, nanoseconds in onStep(kernel, node, nanoseconds, context) }
        }
        defer { if call.onStep != nil { session.onStep = nil } }
        try body(session, made)
    }
}

/// `tessera_session_create`
@c @implementation
package func tessera_session_create(
    _ compiled: OpaquePointer?, _ threads: Int32, _ session: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(session, "session", error) {
        SessionHandle(try required(compiled, "compiled"), threads: try count(threads, "threads"))
    }
}

/// `tessera_session_free`
@c @implementation
package func tessera_session_free(_ session: OpaquePointer?) { free(session) }

/// `tessera_session_peak_bytes`
@c @implementation
package func tessera_session_peak_bytes(_ session: OpaquePointer?) -> UInt64 { handle(session, as: SessionHandle.self)?.peakBytes ?? 0 }

/// `tessera_session_run`
@c @implementation
package func tessera_session_run(
    _ session: OpaquePointer?, _ function: UnsafePointer<CChar>?, _ inputs: UnsafePointer<tessera_tensor>?, _ input_count: Int,
    _ options: UnsafePointer<tessera_run_options>?, _ results: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    make(results, "results", error) {
        let handle = try required(session, "session", as: SessionHandle.self)
        let given = try TesseraC.options(options, "options")
        let call = try CCall(function, SizedArray(inputs, input_count, "inputs"), SizedArray(), given)
        var found: [(name: String, tensor: Tensor)] = []
        try handle.run(call) { session, tables in
            let results = try session.run(
                tables.function.name, tables.inputs, sizes: tables.sizes, states: tables.states, cancellation: call.cancellation)
            found = tables.function.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
        }
        return ResultsHandle(found)
    }
}

/// `tessera_session_run_into`
@c @implementation
package func tessera_session_run_into(
    _ session: OpaquePointer?, _ function: UnsafePointer<CChar>?, _ inputs: UnsafePointer<tessera_tensor>?, _ input_count: Int,
    _ outputs: UnsafePointer<tessera_tensor>?, _ output_count: Int, _ options: UnsafePointer<tessera_run_options>?,
    _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> tessera_status {
    attempt(error) {
        let handle = try required(session, "session", as: SessionHandle.self)
        let given = try TesseraC.options(options, "options")
        let call = try CCall(
            function, SizedArray(inputs, input_count, "inputs"), SizedArray(outputs, output_count, "outputs"), given)
        try handle.run(call) { session, tables in
            try session.run(
                tables.function.name, tables.inputs, sizes: tables.sizes, states: tables.states, into: tables.outputs,
                cancellation: call.cancellation)
        }
    }
}
