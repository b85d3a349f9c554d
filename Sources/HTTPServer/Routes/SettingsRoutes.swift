import Formats
import Hummingbird
import OpenInference
import Serving

/// Trace settings and what is logged.
package struct SettingsRoutes: Sendable {
    let repository: ModelRepository
    let options: HTTPOptions

    private struct Trace: Encodable { let traceLevel: [String] }

    private var level: TraceLevel { TraceLevel(isTraced: options.isTraced) }

    private struct Logging: Encodable {
        let logInfo: Bool
        let logWarning: Bool
        let logError: Bool
        let logVerboseLevel: Int

        init(_ levels: LogSettings.Levels) {
            (logInfo, logWarning, logError, logVerboseLevel) = (levels.info, levels.warning, levels.error, levels.verbose)
        }
    }

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        for path in ["/v2/trace/setting", "/v2/models/:model/trace/setting"] {
            router.get(RouterPath(path)) { _, context in try await trace(context) }
            router.post(RouterPath(path)) { request, context in
                try check(try await SmallBody.read(request, options))
                return try await trace(context)
            }
        }
        router.get("/v2/logging") { _, _ in try Answer.json(Logging(options.log.levels)) }
        router.post("/v2/logging") { request, _ in
            let settings = try await SmallBody.read(request, options)
            let levels = try options.log.change { (levels) throws(ServingError) in try SettingsRoutes.set(&levels, settings) }
            return try Answer.json(Logging(levels))
        }
    }

    private func trace(_ context: ServerContext) async throws -> Response {
        if let model = context.parameters.get("model") { _ = try await repository.statistics(model) }
        return try Answer.json(Trace(traceLevel: [level.rawValue]))
    }

    /// Whether traces are recorded is said when the server is started, and all that can be set is what is.
    private func check(_ settings: ConfigDictionary) throws(ServingError) {
        for (key, value) in settings.entries where !value.isNull {
            guard key == "trace_level" else { throw .request("there is no trace setting '\(key)'; there is: trace_level") }
            let levels = value.array ?? [value]
            if levels.contains(where: { $0.string != level.rawValue }) { throw .unsupported(level.refusal) }
        }
    }

    private static func set(_ levels: inout LogSettings.Levels, _ settings: ConfigDictionary) throws(ServingError) {
        for (key, value) in settings.entries where !value.isNull {
            switch (key, value.bool, value.int) {
            case ("log_info", let flag?, _): levels.info = flag
            case ("log_warning", let flag?, _): levels.warning = flag
            case ("log_error", let flag?, _): levels.error = flag
            case ("log_verbose_level", _, let level?) where level >= 0: levels.verbose = level
            case ("log_info", _, _), ("log_warning", _, _), ("log_error", _, _): throw .request("log setting '\(key)' is true or false")
            case ("log_verbose_level", _, _): throw .request("log setting '\(key)' is a whole number from 0 on")
            default:
                let known = "log_info, log_warning, log_error, log_verbose_level"
                throw .request("there is no log setting '\(key.prefix(100))' that can be changed; there are: \(known)")
            }
        }
    }
}
