import Tracing

/// Trace and span that something belongs to, as W3C's Trace Context tells them.
package struct TraceIdentity: Sendable, Equatable {
    /// The trace: 16 bytes in two halves, not all zero.
    let high, low: UInt64
    /// The span: not zero.
    let span: UInt64
    /// Whether the trace is recorded.
    let isSampled: Bool
    /// `tracestate` as it came; empty for none.
    let state: String
    /// Whether another program told it.
    let isRemote: Bool

    /// A span of a new trace.
    /// - Parameter sampler: decides whether it is recorded.
    init(_ sampler: TraceSampler) {
        let low = UInt64.random(in: 1...UInt64.max)
        (high, self.low, span) = (UInt64.random(in: 0...UInt64.max), low, UInt64.random(in: 1...UInt64.max))
        (isSampled, state, isRemote) = (sampler.samples(low), "", false)
    }

    /// A span below `parent`, and recorded if that is.
    init(below parent: TraceIdentity) {
        (high, low, span) = (parent.high, parent.low, UInt64.random(in: 1...UInt64.max))
        (isSampled, state, isRemote) = (parent.isSampled, parent.state, false)
    }

    /// What another program sent.
    /// - Parameters:
    ///   - header: of the form `00-TRACE-SPAN-FLAGS`, in hexadecimal digits; versions to come may have more behind it.
    ///   - state: `tracestate`; left out if it is longer than 512 bytes.
    init?(header: String, state: String?) {
        let bytes = Array(header.utf8.prefix(513))
        guard (55...512).contains(bytes.count), [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = Hexadecimal.number(bytes[0..<2]), version < 0xFF,
            bytes.count == 55 || version > 0 && bytes[55] == UInt8(ascii: "-"),
            let high = Hexadecimal.number(bytes[3..<19]), let low = Hexadecimal.number(bytes[19..<35]), high != 0 || low != 0,
            let span = Hexadecimal.number(bytes[36..<52]), span != 0, let flags = Hexadecimal.number(bytes[53..<55])
        else { return nil }
        (self.high, self.low, self.span) = (high, low, span)
        let isShort = state.map { $0.utf8.count <= 512 } ?? false
        (isSampled, self.state, isRemote) = (flags & 1 == 1, isShort ? state ?? "" : "", true)
    }

    /// 32 digits.
    var traceText: String { Hexadecimal.text(high) + Hexadecimal.text(low) }

    /// 16 digits.
    var spanText: String { Hexadecimal.text(span) }

    /// As `traceparent` tells it.
    var header: String { "00-\(traceText)-\(spanText)-\(isSampled ? "01" : "00")" }
}

/// Which new traces are recorded: a share of them, by bits of the trace's number that are random.
struct TraceSampler: Sendable {
    /// Numbers of 56 bits from this one on are recorded.
    private let threshold: UInt64
    private static let range = UInt64(1) << 56

    /// - Parameter share: from 0, for none, to 1, for all.
    init(share: Double) {
        let left = (1 - min(max(share.isNaN ? 0 : share, 0), 1)) * Double(TraceSampler.range)
        threshold = UInt64(left)
    }

    /// - Parameter low: the lower half of the trace's number.
    func samples(_ low: UInt64) -> Bool { low & (TraceSampler.range - 1) >= threshold }
}

/// Numbers of 64 bits in hexadecimal digits, lower case as the protocol has them.
private enum Hexadecimal {
    /// nil for digits that are none, or more than 16.
    static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        if digits.count > 16 { return nil }
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

private enum TraceIdentityKey: InstrumentationContextKey { typealias Value = TraceIdentity }

extension InstrumentationContext {
    /// The span that work belongs to.
    var trace: TraceIdentity? {
        get { self[TraceIdentityKey.self] }
        set { self[TraceIdentityKey.self] = newValue }
    }
}
