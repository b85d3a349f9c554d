import IR

/// Element type of a storage or tensor, as PyTorch names it.
enum TorchElement: Hashable {
    case plain(DType)
    /// Stored as bytes, read as f16, which holds all its values.
    case float8(Float8)
    /// Not read here, `width` bytes each.
    case foreign(String, width: Int)

    /// Bytes of one element.
    var width: Int {
        switch self {
        case .plain(let dtype): dtype.byteWidth
        case .float8: 1
        case .foreign(_, let width): width
        }
    }

    var name: String {
        switch self {
        case .plain(let dtype): dtype.rawValue
        case .float8(let type): "float8_\(type.rawValue)"
        case .foreign(let name, _): name
        }
    }

    /// The type of the constants made of it; nil if there is none.
    var readAs: DType? {
        switch self {
        case .plain(let dtype): dtype
        case .float8: .f16
        case .foreign: nil
        }
    }

    /// Whether it is read as another type than it is stored in.
    var isConverted: Bool { self != readAs.map { .plain($0) } }

    /// Stored elements as elements of ``readAs``.
    func converted(_ bytes: ByteSlice) -> ByteSlice {
        if case .float8(let type) = self { type.halves(bytes) } else { bytes }
    }

    /// Bytes that `count` elements take; nil if that overflows.
    func byteCount(of count: Int) -> Int? {
        let (total, overflow) = count.multipliedReportingOverflow(by: width)
        return overflow || count < 0 ? nil : total
    }
}
