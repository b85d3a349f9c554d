import OpenInference
import Serving

/// Statistics of models in the text form of Prometheus.
enum ModelMetrics {
    private static let rows: [(name: String, kind: String, help: String, value: @Sendable (ModelStatistics) -> Double)] = [
        ("tessera_model_requests_succeeded_total", "counter", "Requests that were answered.", { Double($0.succeeded.count) }),
        ("tessera_model_request_seconds_total", "counter", "Time from arrival to answer.", { $0.succeeded.time / .seconds(1) }),
        ("tessera_model_requests_failed_total", "counter", "Requests that failed.", { Double($0.failed.count) }),
        ("tessera_model_requests_refused_total", "counter", "Requests refused as the queue was full.", { Double($0.refused) }),
        ("tessera_model_requests_expired_total", "counter", "Requests whose deadline passed.", { Double($0.expired) }),
        ("tessera_model_requests_cancelled_total", "counter", "Requests whose client went away.", { Double($0.cancelled) }),
        ("tessera_model_queue_seconds_total", "counter", "Time of requests in the queue.", { $0.queue.time / .seconds(1) }),
        ("tessera_model_runs_total", "counter", "Runs.", { Double($0.compute.count) }),
        ("tessera_model_compute_seconds_total", "counter", "Time of runs.", { $0.compute.time / .seconds(1) }),
        ("tessera_model_rows_total", "counter", "Rows of all runs.", { Double($0.rows) }),
        ("tessera_model_waiting", "gauge", "Requests that wait.", { Double($0.waiting) }),
        ("tessera_model_running", "gauge", "Requests that are being computed.", { Double($0.running) }),
        ("tessera_model_bytes", "gauge", "Bytes of weights and working memory.", { Double($0.bytes) }),
        ("tessera_model_loads_total", "counter", "Times the model was loaded.", { Double($0.loads) }),
    ]

    static func text(_ models: [ModelStatistics]) -> String {
        var text = ""
        for row in rows {
            text += "# HELP \(row.name) \(row.help)\n# TYPE \(row.name) \(row.kind)\n"
            for model in models { text += "\(row.name){\(labels(model))} \(row.value(model))\n" }
        }
        return text + batches(models)
    }

    /// A histogram of rows computed together.
    private static func batches(_ models: [ModelStatistics]) -> String {
        let name = "tessera_model_batch_rows"
        var text = "# HELP \(name) Rows computed together.\n# TYPE \(name) histogram\n"
        for model in models {
            var (seen, sum) = (0, 0)
            for batch in model.batches {
                seen += batch.runs.count
                sum += batch.runs.count * batch.rows
                text += "\(name)_bucket{\(labels(model)),le=\"\(batch.rows)\"} \(seen)\n"
            }
            text += "\(name)_bucket{\(labels(model)),le=\"+Inf\"} \(seen)\n"
            text += "\(name)_sum{\(labels(model))} \(sum)\n\(name)_count{\(labels(model))} \(seen)\n"
        }
        return text
    }

    private static func labels(_ model: ModelStatistics) -> String { "model=\"\(escaped(model.name))\",version=\"\(escaped(model.version))\"" }

    private static func escaped(_ text: String) -> String {
        var made = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\", "\"": made += "\\\(character)"
            case "\n": made += "\\n"
            default: made.unicodeScalars.append(character)
            }
        }
        return made
    }
}
