import IR

/// What an ONNX file says, as it says it (github.com/onnx/onnx, `onnx.proto`). Weights are not in here but mapped: see ``ONNXTensor``.
package struct ONNXModel: Sendable {
    package var file: String
    package var irVersion: Int
    package var producer: String
    package var producerVersion: String
    /// Version of each operator set by domain; the default domain is "".
    package var opsets: [String: Int]
    package var graph: ONNXGraph
    package var functions: [ONNXFunction]
    package var metadata: [String: String]
    /// Reverse domain name of who made the model, such as `org.example`; "" where the file does not say.
    package var domain = ""
    /// Of the model itself; nil where the file does not say.
    package var modelVersion: Int?
    /// What the file says of the model; "" for nothing.
    package var doc = ""
}

/// A graph: the model's own, or the body of an If, Loop or Scan.
package struct ONNXGraph: Sendable {
    package var name: String
    package var nodes: [ONNXNode]
    package var inputs: [ONNXValueInfo]
    package var outputs: [ONNXValueInfo]
    package var valueInfo: [ONNXValueInfo]
    package var initializers: [ONNXTensor]
    package var sparseInitializers: [ONNXSparseTensor]
    /// What the file says of the graph; "" for nothing.
    package var doc = ""
    package var metadata: [String: String] = [:]
    /// Names of tensors that say how values are quantized, by value and role (`SCALE_TENSOR`, `ZERO_POINT_TENSOR`).
    package var quantization: [String: [String: String]] = [:]
}

/// A function of the model's own, called as an operator.
package struct ONNXFunction: Sendable {
    package var domain: String
    package var name: String
    package var overload: String
    package var inputs: [String]
    package var outputs: [String]
    /// Attributes without default.
    package var attributes: [String]
    package var defaults: [ONNXAttribute]
    package var nodes: [ONNXNode]
    package var opsets: [String: Int]
    /// What the file says of the function; "" for nothing.
    package var doc = ""
    package var metadata: [String: String] = [:]

    /// `org.example.Swish`; overloads of one name with what tells them apart: `org.example.Swish:wide`.
    package var title: String { (domain.isEmpty ? "" : domain + ".") + name + (overload.isEmpty ? "" : ":" + overload) }
}

package struct ONNXNode: Sendable {
    package var name: String
    package var domain: String
    package var opType: String
    package var overload: String
    /// "" stands for an input that is left out.
    package var inputs: [String]
    package var outputs: [String]
    package var attributes: [ONNXAttribute]
    /// What the file says of the node; "" for nothing.
    package var doc = ""
    package var metadata: [String: String] = [:]

    /// For messages: the node's name, else that of its first result.
    package var title: String { name.isEmpty ? outputs.first { !$0.isEmpty } ?? opType : name }
}

package struct ONNXAttribute: Sendable {
    package var name: String
    package var value: Value

    package init(name: String, value: Value) { (self.name, self.value) = (name, value) }

    package indirect enum Value: Sendable {
        case float(Float)
        case int(Int)
        /// Bytes; nearly always text in UTF-8.
        case string([UInt8])
        case tensor(ONNXTensor)
        case graph(ONNXGraph)
        case sparse(ONNXSparseTensor)
        case type(ONNXType)
        case floats([Float])
        case ints([Int])
        case strings([[UInt8]])
        case tensors([ONNXTensor])
        case graphs([ONNXGraph])
        /// In a function: the attribute of this name of the node that calls it.
        case reference(String)
        /// Of a kind that is not known.
        case unknown
    }
}

package struct ONNXValueInfo: Sendable {
    package var name: String
    /// nil where the file does not say.
    package var type: ONNXType?
    /// What the file says of the value; "" for nothing.
    package var doc = ""
    package var metadata: [String: String] = [:]
    /// What it stands for, such as `IMAGE`; "" where the file does not say.
    package var denotation = ""
    /// What its dimensions stand for, such as `DATA_BATCH`, "" for those of which the file does not say; empty where it says none.
    package var dimensionDenotations: [String] = []

    /// Whether the file says what the value or a dimension stands for.
    package var isDenoted: Bool { !denotation.isEmpty || !dimensionDenotations.isEmpty }
}

/// A size as a file says it.
package enum ONNXDim: Sendable, Hashable {
    case size(Int)
    case symbol(String)
    case unknown
}

package indirect enum ONNXType: Sendable, Hashable {
    /// Element type as the format numbers it; nil shape: any rank.
    case tensor(Int, [ONNXDim]?)
    case sequence(ONNXType)
    case optional(ONNXType)
    case sparse(Int, [ONNXDim]?)
    case map(Int, ONNXType)
    case unknown
}

/// A tensor of the file. Its bytes stay where they are until ``tensor()`` is asked for.
package struct ONNXTensor: Sendable {
    package var name: String
    package var shape: [Int]
    /// As the format numbers element types.
    package var elementType: Int
    package var data: Data

    package enum Data: Sendable {
        /// Little-endian, dense.
        case raw(ByteSlice)
        case floats([Float])
        case doubles([Double])
        case int32s([Int32])
        case int64s([Int])
        case uint64s([UInt])
        case strings([[UInt8]])
        /// In a file of its own beside the model.
        case external(location: String, offset: Int, length: Int?)
    }
}

package struct ONNXSparseTensor: Sendable {
    package var values: ONNXTensor
    package var indices: ONNXTensor
    package var shape: [Int]
}
