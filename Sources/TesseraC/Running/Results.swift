// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// Tensors that C reads in place.
final class ResultsHandle: Handle {
    let count: Int
    private let tensors: [Tensor]
    private(set) var structs: UnsafePointer<tessera_tensor>?

    init(_ named: [(name: String, tensor: Tensor)]) {
        count = named.count
        tensors = named.map(\.tensor)
        super.init()
        structs = memory.list(named.map { tessera_tensor(lending: $0.tensor, named: $0.name, memory) })
    }
}

extension tessera_tensor {
    /// Over the memory of `tensor`, which must outlive it; texts are copied into `memory`.
    init(lending tensor: Tensor, named name: String, _ memory: CMemory) {
        self.init()
        struct_size = MemoryLayout<tessera_tensor>.size
        self.name = memory.text(name)
        dtype = DTypes.number(tensor.elementType)
        rank = tensor.shape.count
        shape = memory.list(tensor.shape.map { Int64($0) })
        if let texts = tensor.strings {
            data = memory.texts(texts).map { UnsafeMutableRawPointer($0) }
            bytes = texts.count * MemoryLayout<UnsafePointer<CChar>?>.stride
        } else {
            tensor.withUnsafeBytes { (data, bytes) = (UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
        }
    }
}

/// `tessera_results_count`
@c @implementation
package func tessera_results_count(_ results: OpaquePointer?) -> Int { handle(results, as: ResultsHandle.self)?.count ?? 0 }

/// `tessera_results_get`
@c @implementation
package func tessera_results_get(_ results: OpaquePointer?, _ index: Int) -> UnsafePointer<tessera_tensor>? {
    guard let found = handle(results, as: ResultsHandle.self), index >= 0, index < found.count else { return nil }
    return found.structs.map { $0 + index }
}

/// `tessera_results_free`
@c @implementation
package func tessera_results_free(_ results: OpaquePointer?) { free(results) }
