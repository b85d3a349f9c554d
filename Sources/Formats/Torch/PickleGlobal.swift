import IR

/// The names that a checkpoint's pickle may use. Nothing is looked up by name: what is not listed here is refused, and
/// what is listed is a case of this type that the reader itself interprets.
enum PickleGlobal: Equatable {
    /// `torch._utils._rebuild_tensor`, `…_v2`, and `…_v3`, which names the element type.
    case tensor, tensorWithType
    case parameter
    case storage(DType)
    /// A storage of bytes.
    case untypedStorage
    case dtype(DType)
    case size, device
    case orderedDict, set, namespace
    /// `_codecs.encode`, by which old protocols write bytes.
    case encode
    case numpyDType, numpyScalar

    init?(module: String, name: String) {
        guard let known = Self.known["\(module).\(name)"] else { return nil }
        self = known
    }

    /// The name under which it is best known.
    var name: String { Self.known.filter { $0.value == self }.keys.min() ?? "" }

    private static let known: [String: PickleGlobal] = {
        var known: [String: PickleGlobal] = [
            "torch._utils._rebuild_tensor": .tensor, "torch._utils._rebuild_tensor_v2": .tensor,
            "torch._utils._rebuild_tensor_v3": .tensorWithType, "torch._utils._rebuild_parameter": .parameter,
            "torch.Size": .size, "torch.device": .device, "torch.storage.UntypedStorage": .untypedStorage,
            "torch.UntypedStorage": .untypedStorage, "collections.OrderedDict": .orderedDict,
            "argparse.Namespace": .namespace, "_codecs.encode": .encode, "numpy.dtype": .numpyDType,
        ]
        for module in ["__builtin__", "builtins"] {
            known["\(module).set"] = .set
            known["\(module).frozenset"] = .set
        }
        for module in ["numpy.core.multiarray", "numpy._core.multiarray"] { known["\(module).scalar"] = .numpyScalar }
        for (name, dtype) in storages {
            known["torch.\(name)Storage"] = .storage(dtype)
            known["torch.cuda.\(name)Storage"] = .storage(dtype)
        }
        for (name, dtype) in dtypes { known["torch.\(name)"] = .dtype(dtype) }
        return known
    }()

    private static let storages: [String: DType] = [
        "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Double": .f64, "Long": .i64, "Int": .i32, "Short": .i16,
        "Char": .i8, "Byte": .u8, "Bool": .bool,
    ]

    private static let dtypes: [String: DType] = [
        "float32": .f32, "float16": .f16, "bfloat16": .bf16, "float64": .f64, "int64": .i64, "int32": .i32,
        "int16": .i16, "int8": .i8, "uint8": .u8, "bool": .bool, "uint16": .u16, "uint32": .u32, "uint64": .u64,
    ]
}
