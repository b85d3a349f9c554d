import Foundation
import Tracing

/// Spans as a line of OTLP's JSON form: numbers of traces and spans in hexadecimal digits, integers of 64 bits as texts, kinds as numbers.
struct OTLPEncoder: Sendable {
    /// Version of the semantic conventions that names of attributes are taken from.
    private static let schema = "https://opentelemetry.io/schemas/1.45.0"

    /// Version of the server.
    let version: String

    /// JSON text of one line, with its end.
    func line(_ spans: some Sequence<EndedSpan>) -> [UInt8] {
        let resource: SpanAttributes = [
            "service.name": "tessera", "service.version": .string(version), "process.pid": .int64(Int64(getpid())),
        ]
        let message = OTLPRequest(resourceSpans: [
            .init(
                resource: .init(attributes: OTLPAttribute.list(resource)),
                scopeSpans: [
                    .init(scope: .init(name: "tessera-serve", version: version), spans: spans.map { .init($0) }, schemaUrl: Self.schema)
                ],
                schemaUrl: Self.schema)
        ])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, integers and finite numbers: nothing that has no form as JSON.
        return Array((try? encoder.encode(message)) ?? Data("{}".utf8)) + [UInt8(ascii: "\n")]
    }
}

/// `ExportTraceServiceRequest`.
struct OTLPRequest: Encodable {
    struct ResourceSpans: Encodable {
        let resource: Resource
        let scopeSpans: [ScopeSpans]
        let schemaUrl: String
    }

    struct Resource: Encodable { let attributes: [OTLPAttribute] }

    struct ScopeSpans: Encodable {
        let scope: Scope
        let spans: [OTLPSpan]
        let schemaUrl: String
    }

    struct Scope: Encodable { let name, version: String }

    let resourceSpans: [ResourceSpans]
}
