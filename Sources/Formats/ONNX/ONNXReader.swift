import COnnx
import IR

extension ONNXModel {
    /// The model in `path`; its weights stay in the file.
    /// - Throws: ``CheckpointError`` naming file and field.
    package init(path: String) throws(CheckpointError) {
        let bytes = ByteSlice(try MappedFile.open(path))
        let foreign = try bytes.withBytes { (buffer) throws(CheckpointError) in
            CheckpointError.foreign(buffer, file: path, needed: "an ONNX model", accepted: [.onnx, .tensorFlow])
        }
        if let foreign { throw foreign }
        try self.init(bytes, path: path)
    }

    /// The model in memory; `path` is for messages, and for what lies beside the file.
    /// - Throws: ``CheckpointError`` naming file and field.
    package init(_ bytes: ByteSlice, path: String) throws(CheckpointError) {
        let skeleton = try ProtobufSkeleton.strip(bytes, .model, file: path)
        guard let message = onnx__model_proto__unpack(nil, skeleton.count, skeleton) else {
            throw CheckpointError(.malformed, file: path, "is damaged, or no ONNX model")
        }
        defer { onnx__model_proto__free_unpacked(message, nil) }
        let read = ONNXReader(bytes: bytes, file: path)
        let model = message.pointee
        guard let graph = model.graph else {
            throw CheckpointError(.malformed, file: path, "holds no graph, so it is damaged or no ONNX model")
        }
        file = path
        irVersion = Int(model.ir_version)
        producer = read.text(model.producer_name)
        producerVersion = read.text(model.producer_version)
        opsets = try read.opsets(model.opset_import, model.n_opset_import)
        self.graph = try read.graph(graph.pointee, "graph")
        functions = try read.map(model.functions, model.n_functions) { (item, index) throws(CheckpointError) in
            try read.function(item, "functions[\(index)]")
        }
        metadata = try read.entries(model.metadata_props, model.n_metadata_props)
        domain = read.text(model.domain)
        modelVersion = model.has_model_version != 0 ? Int(model.model_version) : nil
        doc = read.text(model.doc_string)
    }
}

/// From protobuf-c's structures to values of our own.
struct ONNXReader {
    let bytes: ByteSlice
    let file: String

    func fault(_ place: String, _ problem: String) -> CheckpointError {
        CheckpointError(.malformed, file: file, subject: place, problem)
    }

    func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    func data(_ data: ProtobufCBinaryData) -> [UInt8] { Array(UnsafeBufferPointer(start: data.data, count: data.len)) }

    func array<T>(_ pointer: UnsafeMutablePointer<T>?, _ count: Int) -> [T] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    func map<Message, Result>(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int,
        _ body: (Message, Int) throws(CheckpointError) -> Result
    ) throws(CheckpointError) -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(count)
        for index in 0..<count { if let item = pointer?[index] { results.append(try body(item.pointee, index)) } }
        return results
    }

    func texts(_ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int) -> [String] {
        (0..<count).map { text(pointer?[$0]) }
    }

    func entries(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?, _ count: Int
    ) throws(CheckpointError) -> [String: String] {
        if count == 0 { return [:] }
        let items = try map(pointer, count) { (item, _) throws(CheckpointError) in (text(item.key), text(item.value)) }
        return Dictionary(items, uniquingKeysWith: { first, _ in first })
    }

    func opsets(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?, _ count: Int
    ) throws(CheckpointError) -> [String: Int] {
        let items = try map(pointer, count) { (item, _) throws(CheckpointError) in
            (text(item.domain) == "ai.onnx" ? "" : text(item.domain), Int(item.version))
        }
        return Dictionary(items, uniquingKeysWith: max)
    }

    func graph(_ graph: Onnx__GraphProto, _ place: String) throws(CheckpointError) -> ONNXGraph {
        ONNXGraph(
            name: text(graph.name), nodes: try nodes(graph.node, graph.n_node, place),
            inputs: try values(graph.input, graph.n_input, "\(place).input"),
            outputs: try values(graph.output, graph.n_output, "\(place).output"),
            valueInfo: try values(graph.value_info, graph.n_value_info, "\(place).value_info"),
            initializers: try map(graph.initializer, graph.n_initializer) { (item, index) throws(CheckpointError) in
                try tensor(item, "\(place).initializer[\(index)]")
            },
            sparseInitializers: try map(graph.sparse_initializer, graph.n_sparse_initializer) { (item, index) throws(CheckpointError) in
                try sparse(item, "\(place).sparse_initializer[\(index)]")
            }, doc: text(graph.doc_string), metadata: try entries(graph.metadata_props, graph.n_metadata_props),
            quantization: try annotations(graph.quantization_annotation, graph.n_quantization_annotation))
    }

    private func annotations(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__TensorAnnotation>?>?, _ count: Int
    ) throws(CheckpointError) -> [String: [String: String]] {
        let items = try map(pointer, count) { (item, _) throws(CheckpointError) in
            (text(item.tensor_name), try entries(item.quant_parameter_tensor_names, item.n_quant_parameter_tensor_names))
        }
        return Dictionary(items, uniquingKeysWith: { first, _ in first })
    }

    func nodes(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__NodeProto>?>?, _ count: Int, _ place: String
    ) throws(CheckpointError) -> [ONNXNode] {
        try map(pointer, count) { (item, index) throws(CheckpointError) in
            let domain = text(item.domain)
            return ONNXNode(
                name: text(item.name), domain: domain == "ai.onnx" ? "" : domain, opType: text(item.op_type), overload: text(item.overload),
                inputs: texts(item.input, item.n_input), outputs: texts(item.output, item.n_output),
                attributes: try attributes(item.attribute, item.n_attribute, "\(place).node[\(index)]"), doc: text(item.doc_string),
                metadata: try entries(item.metadata_props, item.n_metadata_props))
        }
    }

    func attributes(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__AttributeProto>?>?, _ count: Int, _ place: String
    ) throws(CheckpointError) -> [ONNXAttribute] {
        try map(pointer, count) { (item, _) throws(CheckpointError) in
            let name = text(item.name)
            return ONNXAttribute(name: name, value: try value(item, "\(place).attribute '\(name.prefix(100))'"))
        }
    }

    /// Kinds by number: `AttributeProto.AttributeType`. Files of IR version 1 do not say it; there, what is set tells.
    private func value(_ item: Onnx__AttributeProto, _ place: String) throws(CheckpointError) -> ONNXAttribute.Value {
        let reference = text(item.ref_attr_name)
        if !reference.isEmpty { return .reference(reference) }
        switch item.type != 0 ? item.type : impliedKind(item) {
        case 1: return .float(item.f)
        case 2: return .int(Int(item.i))
        case 3: return .string(data(item.s))
        case 4: return .tensor(try tensor(try required(item.t, place).pointee, place))
        case 5: return .graph(try graph(try required(item.g, place).pointee, place))
        case 6: return .floats(array(item.floats, item.n_floats))
        case 7: return .ints(array(item.ints, item.n_ints).map { Int($0) })
        case 8: return .strings(array(item.strings, item.n_strings).map(data))
        case 9:
            return .tensors(
                try map(item.tensors, item.n_tensors) { (item, index) throws(CheckpointError) in try tensor(item, "\(place)[\(index)]") })
        case 10:
            return .graphs(
                try map(item.graphs, item.n_graphs) { (item, index) throws(CheckpointError) in try graph(item, "\(place)[\(index)]") })
        case 11: return .sparse(try sparse(try required(item.sparse_tensor, place).pointee, place))
        case 13: return .type(type(try required(item.tp, place).pointee))
        default: return .unknown
        }
    }

    private func impliedKind(_ item: Onnx__AttributeProto) -> Int32 {
        if item.has_f != 0 { return 1 }
        if item.has_i != 0 { return 2 }
        if item.has_s != 0 { return 3 }
        if item.t != nil { return 4 }
        if item.g != nil { return 5 }
        if item.n_floats > 0 { return 6 }
        if item.n_ints > 0 { return 7 }
        return item.n_strings > 0 ? 8 : item.n_tensors > 0 ? 9 : item.n_graphs > 0 ? 10 : 0
    }

    private func required<T>(_ pointer: UnsafeMutablePointer<T>?, _ place: String) throws(CheckpointError) -> UnsafeMutablePointer<T> {
        guard let pointer else { throw fault(place, "its value is missing") }
        return pointer
    }

    func values(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__ValueInfoProto>?>?, _ count: Int, _ place: String
    ) throws(CheckpointError) -> [ONNXValueInfo] {
        try map(pointer, count) { (item, _) throws(CheckpointError) in
            ONNXValueInfo(
                name: text(item.name), type: item.type.map { type($0.pointee) }, doc: text(item.doc_string),
                metadata: try entries(item.metadata_props, item.n_metadata_props), denotation: text(item.type?.pointee.denotation),
                dimensionDenotations: item.type.map { dimensionDenotations($0.pointee) } ?? [])
        }
    }

    /// Those of a tensor, or of the tensors in a sequence or an optional.
    private func dimensionDenotations(_ item: Onnx__TypeProto) -> [String] {
        if let inner = item.sequence_type?.pointee.elem_type ?? item.optional_type?.pointee.elem_type {
            return dimensionDenotations(inner.pointee)
        }
        guard let shape = (item.tensor_type ?? item.sparse_tensor_type)?.pointee.shape?.pointee else { return [] }
        let found = (0..<shape.n_dim).map { text(shape.dim[$0]?.pointee.denotation) }
        return found.allSatisfy(\.isEmpty) ? [] : found
    }

    func type(_ item: Onnx__TypeProto) -> ONNXType {
        if let tensor = item.tensor_type?.pointee { return .tensor(Int(tensor.elem_type), shape(tensor.shape)) }
        if let sequence = item.sequence_type?.pointee { return .sequence(sequence.elem_type.map { type($0.pointee) } ?? .unknown) }
        if let optional = item.optional_type?.pointee { return .optional(optional.elem_type.map { type($0.pointee) } ?? .unknown) }
        if let sparse = item.sparse_tensor_type?.pointee { return .sparse(Int(sparse.elem_type), shape(sparse.shape)) }
        if let map = item.map_type?.pointee { return .map(Int(map.key_type), map.value_type.map { type($0.pointee) } ?? .unknown) }
        return .unknown
    }

    private func shape(_ pointer: UnsafeMutablePointer<Onnx__TensorShapeProto>?) -> [ONNXDim]? {
        guard let shape = pointer?.pointee else { return nil }
        return (0..<shape.n_dim).map { index in
            guard let dim = shape.dim[index]?.pointee else { return .unknown }
            if dim.has_dim_value != 0, dim.dim_value >= 0 { return .size(Int(dim.dim_value)) }
            let name = text(dim.dim_param)
            return name.isEmpty ? .unknown : .symbol(name)
        }
    }

    func function(_ item: Onnx__FunctionProto, _ place: String) throws(CheckpointError) -> ONNXFunction {
        let domain = text(item.domain)
        return ONNXFunction(
            domain: domain == "ai.onnx" ? "" : domain, name: text(item.name), overload: text(item.overload),
            inputs: texts(item.input, item.n_input), outputs: texts(item.output, item.n_output),
            attributes: texts(item.attribute, item.n_attribute),
            defaults: try attributes(item.attribute_proto, item.n_attribute_proto, place), nodes: try nodes(item.node, item.n_node, place),
            opsets: try opsets(item.opset_import, item.n_opset_import), doc: text(item.doc_string),
            metadata: try entries(item.metadata_props, item.n_metadata_props))
    }
}
