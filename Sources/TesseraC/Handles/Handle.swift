/// What an opaque pointer of C stands for.
class Handle {
    /// What C may read of it.
    let memory = CMemory()

    /// A pointer that C owns until it frees it.
    final var owned: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }
}

/// The object behind `pointer`; nil for NULL and for a handle of another kind.
func handle<Kind: Handle>(_ pointer: OpaquePointer?, as kind: Kind.Type = Kind.self) -> Kind? {
    guard let pointer else { return nil }
    return Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue() as? Kind
}

/// The same where there must be one.
/// - Throws: `TesseraError` naming the argument.
func required<Kind: Handle>(_ pointer: OpaquePointer?, _ name: StaticString, as kind: Kind.Type = Kind.self) throws -> Kind {
    if let found = handle(pointer, as: kind) { return found }
    throw wrong(pointer == nil ? "\(name) is NULL" : "\(name) is a handle of another kind")
}

/// Gives up the caller's hold on the object; NULL is nothing.
func free(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).release()
}
