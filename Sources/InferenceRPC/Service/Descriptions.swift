import OpenInference
import Serving
import Tessera

extension Inference_ModelMetadataResponse {
    /// What a model takes and gives.
    init(_ model: ServedModelDescription) {
        self.init()
        (name, versions, platform) = (model.name, model.versions, model.platform)
        guard let function = model.functions.first?.function else { return }
        (inputs, outputs) = (function.inputs.map { TensorMetadata($0) }, function.outputs.map { TensorMetadata($0) })
    }
}

extension Inference_ModelMetadataResponse.TensorMetadata {
    fileprivate init(_ value: ValueDescription) {
        self.init()
        (name, datatype, shape) = (value.name, value.elementType.protocolName, value.protocolShape)
    }
}

extension Inference_ModelConfig {
    /// How a model is served. Where requests are computed together, sizes are without the rows, as Triton has them.
    init(_ model: ServedModelDescription) {
        self.init()
        (name, platform, backend, runtime) = (model.name, model.platform, "tessera", "tessera")
        versionPolicy.all = Inference_ModelVersionPolicy.All()
        guard let function = model.functions.first else { return }
        let skipped = function.maxBatch > 1 ? 1 : 0
        maxBatchSize = function.maxBatch > 1 ? Int32(clamping: function.maxBatch) : 0
        input = function.function.inputs.map { value in
            .with { ($0.name, $0.dataType, $0.dims) = (value.name, value.elementType.configType, Array(value.protocolShape.dropFirst(skipped))) }
        }
        output = function.function.outputs.map { value in
            .with { ($0.name, $0.dataType, $0.dims) = (value.name, value.elementType.configType, Array(value.protocolShape.dropFirst(skipped))) }
        }
        guard function.maxBatch > 1 else { return }
        dynamicBatching.maxQueueDelayMicroseconds = UInt64(clamping: model.settings.maxDelay.nanoseconds / 1000)
    }
}

extension ValueDescription {
    /// Its sizes, -1 for those that requests decide.
    fileprivate var protocolShape: [Int64] {
        shape.map { if case .size(let size) = $0 { Int64(size) } else { -1 } }
    }
}

extension ElementType {
    /// As model configurations name it.
    fileprivate var configType: Inference_DataType {
        switch protocolName {
        case "BOOL": .typeBool
        case "UINT8": .typeUint8
        case "UINT16": .typeUint16
        case "UINT32": .typeUint32
        case "UINT64": .typeUint64
        case "INT8": .typeInt8
        case "INT16": .typeInt16
        case "INT32": .typeInt32
        case "INT64": .typeInt64
        case "FP16": .typeFp16
        case "FP32": .typeFp32
        case "FP64": .typeFp64
        case "BYTES": .typeString
        case "BF16": .typeBf16
        default: .typeInvalid
        }
    }
}

extension Duration {
    /// Whole nanoseconds, as many as fit.
    var nanoseconds: Int64 {
        let (seconds, rest) = (components.seconds, components.attoseconds / 1_000_000_000)
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingReportingOverflow(rest).partialValue
    }
}
