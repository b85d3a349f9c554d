import OpenInference
import Serving

extension Inference_ModelMetadataResponse {
    /// What a model takes and gives, as a message.
    init(_ model: ModelMetadata) {
        self.init()
        (name, versions, platform) = (model.name, model.versions, model.platform)
        inputs = model.inputs.map { TensorMetadata($0) }
        outputs = model.outputs.map { TensorMetadata($0) }
    }
}

extension Inference_ModelMetadataResponse.TensorMetadata {
    fileprivate init(_ value: ModelMetadata.Value) {
        self.init()
        (name, datatype, shape) = (value.name, value.datatype, value.shape.map(Int64.init))
    }
}

extension Inference_ModelConfig {
    /// How a model is served, as a message.
    init(_ model: ModelConfigurationMessage) {
        self.init()
        (name, platform, backend, runtime) = (model.name, model.platform, model.backend, model.backend)
        versionPolicy.all = Inference_ModelVersionPolicy.All()
        maxBatchSize = Int32(clamping: model.maxBatchSize)
        input = model.input.map { value in
            .with { ($0.name, $0.dataType, $0.dims) = (value.name, Inference_DataType(name: value.dataType), value.dims.map(Int64.init)) }
        }
        output = model.output.map { value in
            .with { ($0.name, $0.dataType, $0.dims) = (value.name, Inference_DataType(name: value.dataType), value.dims.map(Int64.init)) }
        }
        guard let batching = model.dynamicBatching else { return }
        dynamicBatching.maxQueueDelayMicroseconds = UInt64(clamping: batching.maxQueueDelayMicroseconds)
    }
}

extension Inference_DataType {
    /// The type of this name; `TYPE_INVALID` for those that the protocol does not know.
    fileprivate init(name: String) {
        let known: [String: Inference_DataType] = [
            "TYPE_BOOL": .typeBool, "TYPE_UINT8": .typeUint8, "TYPE_UINT16": .typeUint16, "TYPE_UINT32": .typeUint32,
            "TYPE_UINT64": .typeUint64, "TYPE_INT8": .typeInt8, "TYPE_INT16": .typeInt16, "TYPE_INT32": .typeInt32,
            "TYPE_INT64": .typeInt64, "TYPE_FP16": .typeFp16, "TYPE_FP32": .typeFp32, "TYPE_FP64": .typeFp64,
            "TYPE_STRING": .typeString, "TYPE_BF16": .typeBf16,
        ]
        self = known[name] ?? .typeInvalid
    }
}
