import CoreMetrics
import Synchronization

/// Keeps what swift-metrics is told, and gives it in the text form of Prometheus.
package final class PrometheusFactory: MetricsFactory {
    /// Most combinations of label and dimensions; further ones are counted nowhere.
    private static let most = 4096
    private let instruments = Mutex<[Instrument.Key: Instrument]>([:])

    /// A factory of nothing yet.
    package init() {}

    private func instrument(_ kind: Instrument.Kind, _ label: String, _ dimensions: [(String, String)]) -> Instrument {
        let key = Instrument.Key(label: label, dimensions: dimensions.map { Instrument.Dimension(name: $0.0, value: $0.1) })
        return instruments.withLock { instruments in
            if let found = instruments[key] { return found }
            let made = Instrument(kind)
            if instruments.count < PrometheusFactory.most { instruments[key] = made }
            return made
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(.counter, label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { instrument(.gauge, label, dimensions) }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        instrument(aggregate ? .histogram : .gauge, label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { instrument(.histogram, label, dimensions) }

    // What was counted stays, as Prometheus wants it.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// All of it in the text form of Prometheus, sorted by name.
    package var text: String {
        let all = instruments.withLock { $0 }
        var text = ""
        for (label, group) in Dictionary(grouping: all, by: \.key.label).sorted(by: { $0.key < $1.key }) {
            guard let kind = group.first?.value.kind else { continue }
            let name = PrometheusText.name(label)
            text += "# TYPE \(name) \(kind.rawValue)\n"
            for (key, instrument) in group.sorted(by: { $0.key.dimensions.description < $1.key.dimensions.description }) {
                text += instrument.text(name, key.dimensions)
            }
        }
        return text
    }
}

/// Names and labels as Prometheus has them.
enum PrometheusText {
    static func name(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    ($0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)) || $0 == ":" ? $0 : "_"
                }))
    }

    static func labels(_ dimensions: [Instrument.Dimension], _ more: String = "") -> String {
        var parts = dimensions.map { "\(name($0.name))=\"\(escaped($0.value))\"" }
        if !more.isEmpty { parts.append(more) }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
