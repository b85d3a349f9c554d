import Tracing

/// `Span`. What is nil is left out.
struct OTLPSpan: Encodable {
    struct Event: Encodable {
        let timeUnixNano, name: String
        let attributes: [OTLPAttribute]

        init(_ event: SpanEvent) {
            (timeUnixNano, name) = ("\(event.nanosecondsSinceEpoch)", event.name)
            attributes = OTLPAttribute.list(event.attributes)
        }
    }

    struct Link: Encodable {
        let traceId, spanId: String
        let attributes: [OTLPAttribute]

        /// nil for a link to what is no span of ours.
        init?(_ link: SpanLink) {
            guard let trace = link.context.trace else { return nil }
            (traceId, spanId, attributes) = (trace.traceText, trace.spanText, OTLPAttribute.list(link.attributes))
        }
    }

    struct Status: Encodable {
        let message: String?
        /// 1 for success, 2 for a failure.
        let code: Int

        init(_ status: SpanStatus) { (message, code) = (status.message, status.code == .error ? 2 : 1) }
    }

    let traceId, spanId, name, startTimeUnixNano, endTimeUnixNano: String
    let parentSpanId, traceState: String?
    let kind: Int
    let flags: UInt32
    let attributes: [OTLPAttribute]
    let events: [Event]?
    let links: [Link]?
    let status: Status?

    init(_ span: EndedSpan) {
        (traceId, spanId, parentSpanId) = (span.identity.traceText, span.identity.spanText, span.parent?.spanText)
        traceState = span.identity.state.isEmpty ? nil : span.identity.state
        (name, kind) = (span.facts.name, OTLPSpan.number(span.kind))
        (startTimeUnixNano, endTimeUnixNano) = ("\(span.start)", "\(span.end)")
        // Sampled; whether the parent is another program's is known; whether it is.
        flags = 0x1 | 0x100 | (span.parent?.isRemote == true ? 0x200 : 0)
        attributes = OTLPAttribute.list(span.facts.attributes)
        events = span.facts.events.isEmpty ? nil : span.facts.events.map { Event($0) }
        links = span.facts.links.isEmpty ? nil : span.facts.links.compactMap { Link($0) }
        status = span.facts.status.map { Status($0) }
    }

    private static func number(_ kind: SpanKind) -> Int {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}

/// `KeyValue`.
struct OTLPAttribute: Encodable {
    let key: String
    let value: OTLPValue

    /// Sorted by name.
    static func list(_ attributes: SpanAttributes) -> [OTLPAttribute] {
        var list: [OTLPAttribute] = []
        attributes.forEach { list.append(OTLPAttribute(key: $0, value: OTLPValue($1))) }
        return list.sorted { $0.key < $1.key }
    }
}

/// `AnyValue`.
enum OTLPValue: Encodable {
    case text(String)
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case list([OTLPValue])

    /// Most bytes of a text: clients choose some of them.
    private static let most = 1024

    private enum Key: String, CodingKey { case stringValue, boolValue, intValue, doubleValue, arrayValue, values }

    init(_ attribute: SpanAttribute) {
        switch attribute {
        case .string(let text): self = .cut(text)
        case .bool(let flag): self = .flag(flag)
        case .int32(let number): self = .integer(Int64(number))
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .number(number)
        case .stringArray(let texts): self = .list(texts.map { .cut($0) })
        case .boolArray(let flags): self = .list(flags.map { .flag($0) })
        case .int32Array(let numbers): self = .list(numbers.map { .integer(Int64($0)) })
        case .int64Array(let numbers): self = .list(numbers.map { .integer($0) })
        case .doubleArray(let numbers): self = .list(numbers.map { .number($0) })
        case .stringConvertible(let value): self = .cut("\(value)")
        case .stringConvertibleArray(let values): self = .list(values.map { .cut("\($0)") })
        default: self = .text("")
        }
    }

    private static func cut(_ text: String) -> OTLPValue {
        .text(text.utf8.count <= most ? text : String(decoding: text.utf8.prefix(most), as: UTF8.self))
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        switch self {
        case .text(let text): try object.encode(text, forKey: .stringValue)
        case .flag(let flag): try object.encode(flag, forKey: .boolValue)
        case .integer(let number): try object.encode("\(number)", forKey: .intValue)
        case .number(let number) where number.isFinite: try object.encode(number, forKey: .doubleValue)
        case .number(let number):
            try object.encode(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity", forKey: .doubleValue)
        case .list(let values):
            var array = object.nestedContainer(keyedBy: Key.self, forKey: .arrayValue)
            try array.encode(values, forKey: .values)
        }
    }
}
