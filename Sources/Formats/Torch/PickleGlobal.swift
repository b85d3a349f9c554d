/// The names of a checkpoint's pickle. Nothing is looked up by name: what is listed here is a case of this type that the reader itself
/// interprets, and what is not means nothing: objects made of it are kept as their name (``PickleNode/opaque(_:)``).
enum PickleGlobal: Hashable {
    /// `torch._utils._rebuild_tensor`, `…_v2`, and `…_v3`, which names the element type.
    case tensor, tensorWithType
    /// `torch._tensor._rebuild_from_type_v2`: a tensor of a class of its own, such as a `Parameter` with attributes.
    case typedTensor
    case parameter
    case storage(TorchElement)
    /// A storage of bytes.
    case untypedStorage
    case dtype(TorchElement)
    case size, device
    case orderedDict, defaultDict, set, namespace
    /// `_codecs.encode`, by which old protocols write bytes.
    case encode
    case numpyDType, numpyScalar
    /// A name without meaning here.
    case other(String)

    init(module: String, name: String) {
        let full = "\(module).\(name)"
        self = Self.known[full] ?? .other(full)
    }

    /// The name under which it is best known.
    var name: String {
        if case .other(let name) = self { return name }
        return Self.known.filter { $0.value == self }.keys.min() ?? ""
    }

    /// Whether this is a way to run programs, which nothing that a training loop saves needs.
    static func isHostile(module: String, name: String) -> Bool {
        if programs.contains(module) { return true }
        let isBuiltin = module == "builtins" || module == "__builtin__"
        return isBuiltin && runners.contains(name) || module == "os" && ["system", "popen"].contains { name.hasPrefix($0) }
            || module == "os" && ["exec", "spawn", "posix_spawn"].contains { name.hasPrefix($0) }
    }

    private static let programs: Set<String> = [
        "posix", "nt", "subprocess", "commands", "pty", "runpy", "socket", "importlib", "webbrowser",
    ]
    private static let runners: Set<String> = ["eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint"]

    private static let known: [String: PickleGlobal] = {
        var known: [String: PickleGlobal] = [
            "torch._utils._rebuild_tensor": .tensor, "torch._utils._rebuild_tensor_v2": .tensor,
            "torch._utils._rebuild_tensor_v3": .tensorWithType, "torch._utils._rebuild_parameter": .parameter,
            "torch._utils._rebuild_parameter_with_state": .parameter, "torch._tensor._rebuild_from_type_v2": .typedTensor,
            "torch.Size": .size, "torch.device": .device, "torch.storage.UntypedStorage": .untypedStorage,
            "torch.UntypedStorage": .untypedStorage, "collections.OrderedDict": .orderedDict, "collections.defaultdict": .defaultDict,
            "argparse.Namespace": .namespace, "_codecs.encode": .encode, "numpy.dtype": .numpyDType,
        ]
        for module in ["__builtin__", "builtins"] {
            known["\(module).set"] = .set
            known["\(module).frozenset"] = .set
        }
        for module in ["numpy.core.multiarray", "numpy._core.multiarray"] { known["\(module).scalar"] = .numpyScalar }
        for (name, element) in storages {
            known["torch.\(name)Storage"] = .storage(element)
            known["torch.cuda.\(name)Storage"] = .storage(element)
        }
        for (name, element) in dtypes { known["torch.\(name)"] = .dtype(element) }
        return known
    }()

    private static let storages: [String: TorchElement] = [
        "Float": .plain(.f32), "Half": .plain(.f16), "BFloat16": .plain(.bf16), "Double": .plain(.f64), "Long": .plain(.i64),
        "Int": .plain(.i32), "Short": .plain(.i16), "Char": .plain(.i8), "Byte": .plain(.u8), "Bool": .plain(.bool),
        "ComplexFloat": .foreign("complex64", width: 8), "ComplexDouble": .foreign("complex128", width: 16),
        "QInt8": .foreign("qint8", width: 1), "QUInt8": .foreign("quint8", width: 1), "QInt32": .foreign("qint32", width: 4),
    ]

    private static let dtypes: [String: TorchElement] = [
        "float32": .plain(.f32), "float16": .plain(.f16), "bfloat16": .plain(.bf16), "float64": .plain(.f64), "int64": .plain(.i64),
        "int32": .plain(.i32), "int16": .plain(.i16), "int8": .plain(.i8), "uint8": .plain(.u8), "bool": .plain(.bool),
        "uint16": .plain(.u16), "uint32": .plain(.u32), "uint64": .plain(.u64), "float8_e4m3fn": .float8(.e4m3fn),
        "float8_e5m2": .float8(.e5m2), "float8_e4m3fnuz": .float8(.e4m3fnuz), "float8_e5m2fnuz": .float8(.e5m2fnuz),
    ]
}
