import GRPCCore
import OpenInference
import Tessera

extension InferenceService {
    /// Whether traces are recorded is said when the server is started, and all that can be set is what is.
    func traceSetting(request: Inference_TraceSettingRequest, context: ServerContext) async throws -> Inference_TraceSettingResponse {
        if !request.modelName.isEmpty { _ = try await repository.statistics(request.modelName) }
        let level = TraceLevel(isTraced: isTraced)
        for (key, setting) in request.settings.sorted(by: { $0.key < $1.key }) {
            guard key == "trace_level" else { throw TesseraError(.usage, "there is no trace setting '\(key)'; there is: trace_level") }
            if setting.value.contains(where: { $0 != level.rawValue }) { throw TesseraError(.unsupported, level.refusal) }
        }
        return .with { $0.settings["trace_level"] = .with { $0.value = [level.rawValue] } }
    }

    func logSettings(request: Inference_LogSettingsRequest, context: ServerContext) async throws -> Inference_LogSettingsResponse {
        // All of them or none.
        let levels = try log.change { (levels) throws(TesseraError) in try InferenceService.set(&levels, request.settings) }
        return .with {
            $0.settings["log_info"] = .with { $0.boolParam = levels.info }
            $0.settings["log_warning"] = .with { $0.boolParam = levels.warning }
            $0.settings["log_error"] = .with { $0.boolParam = levels.error }
            $0.settings["log_verbose_level"] = .with { $0.uint32Param = UInt32(clamping: levels.verbose) }
        }
    }

    private static func set(
        _ levels: inout LogSettings.Levels, _ settings: [String: Inference_LogSettingsRequest.SettingValue]
    ) throws(TesseraError) {
        for (key, setting) in settings.sorted(by: { $0.key < $1.key }) {
            switch (key, setting.parameterChoice) {
            case ("log_info", .boolParam(let value)?): levels.info = value
            case ("log_warning", .boolParam(let value)?): levels.warning = value
            case ("log_error", .boolParam(let value)?): levels.error = value
            case ("log_verbose_level", .uint32Param(let value)?): levels.verbose = Int(value)
            case ("log_info", _), ("log_warning", _), ("log_error", _): throw TesseraError(.usage, "log setting '\(key)' is true or false")
            case ("log_verbose_level", _): throw TesseraError(.usage, "log setting '\(key)' is a whole number")
            default:
                let known = "log_info, log_warning, log_error, log_verbose_level"
                throw TesseraError(.usage, "there is no log setting '\(key)' that can be changed; there are: \(known)")
            }
        }
    }
}
