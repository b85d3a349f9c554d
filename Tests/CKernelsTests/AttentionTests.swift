import CKernels
import TestSupport
import Testing

/// What tasks share, and what 8-bit products cost.
@Suite struct AttentionTests {
    /// Heads of the whole differ in how many blocks of queries share their packed keys, and a head alone shares none.
    @Test func sharingChangesNoBit() async {
        await #expect(processExitsWith: .success) {
            for form in AttentionCall.Form.allCases {
                for narrow in [false, true] {
                    for size in [300, 500] {
                        let call = AttentionCall(heads: 8, queries: size, keys: size, depth: 24, scale: 0.3, form, isNarrow: narrow)
                        let alone = (0..<8).flatMap { call.head($0).run() }
                        for threads in [1, 2, 3, 8] {
                            tk_use_threads(Int32(threads))
                            #expect(call.run() == alone, "\(form), narrow \(narrow), \(size) tokens, \(threads) threads")
                        }
                    }
                }
            }
        }
    }

    @Test func eightBitsCostAFewHundredths() {
        let plain = AttentionCall(heads: 2, queries: 64, keys: 300, depth: 64, scale: 0.125, .plain, isNarrow: true)
        #expect(plain.error < 0.05 && plain.error > 0.001, "\(plain.error)")
        var shifted = plain
        for row in 0..<(2 * 300) { shifted.k[row * 64 + 3] += 20 }
        #expect(shifted.error < 0.05, "a channel that is large for all keys: \(shifted.error)")
        var dominated = AttentionCall(heads: 1, queries: 64, keys: 128, depth: 64, scale: 0.001, .biased, isNarrow: true)
        // Each of the others weighs 0.4 steps of the rounded weights, all together a sixth.
        dominated.bias = (0..<(64 * 128)).map { $0 % 128 == 7 ? 6.4 : 0 }
        #expect(dominated.error < 0.05, "many small weights beside a large one: \(dominated.error)")
    }
}

/// Attention of dense q, k, v, `[heads, rows, depth]`.
private struct AttentionCall {
    enum Form: CaseIterable { case plain, causal, masked, biased }

    let heads: Int, queries: Int, keys: Int, depth: Int
    let scale: Float
    let form: Form
    var isNarrow: Bool
    var q: [Float], k: [Float], v: [Float]
    /// The same for all heads.
    var mask: [UInt8], bias: [Float]

    init(heads: Int, queries: Int, keys: Int, depth: Int, scale: Float, _ form: Form, isNarrow: Bool) {
        var draw = SampleTensors(seed: UInt64(queries + keys))
        (self.heads, self.queries, self.keys, self.depth) = (heads, queries, keys, depth)
        (self.scale, self.form, self.isNarrow) = (scale, form, isNarrow)
        q = draw.floats([heads, queries, depth]).floats
        k = draw.floats([heads, keys, depth]).floats
        v = draw.floats([heads, keys, depth]).floats
        mask = draw.bools([queries, keys]).bools.map { $0 ? 1 : 0 }
        bias = draw.floats([queries, keys]).floats
    }

    /// One head of `whole`.
    private init(_ whole: AttentionCall, head: Int) {
        (heads, queries, keys, depth) = (1, whole.queries, whole.keys, whole.depth)
        (scale, form, isNarrow, mask, bias) = (whole.scale, whole.form, whole.isNarrow, whole.mask, whole.bias)
        (q, k, v) = (whole.rows(whole.q, head), whole.rows(whole.k, head), whole.rows(whole.v, head))
    }

    private func rows(_ x: [Float], _ head: Int) -> [Float] {
        let size = x.count / heads
        return Array(x[(head * size)..<((head + 1) * size)])
    }

    func head(_ index: Int) -> AttentionCall { AttentionCall(self, head: index) }

    /// Root mean square of the difference from f32, relative to the result's.
    var error: Double {
        var exact = self
        exact.isNarrow = false
        let (expected, actual) = (exact.run(), run())
        let squares = zip(expected, actual).reduce((0.0, 0.0)) { sums, pair in
            let (e, a) = (Double(pair.0), Double(pair.1))
            return (sums.0 + (a - e) * (a - e), sums.1 + e * e)
        }
        return (squares.0 / squares.1).squareRoot()
    }

    func run() -> [Float] {
        var arguments = tk_attention_args()
        (arguments.batch, arguments.heads, arguments.nq, arguments.nk) = (1, heads, queries, keys)
        (arguments.d, arguments.dv, arguments.scale) = (depth, depth, scale)
        (arguments.q_head, arguments.k_head, arguments.v_head) = (queries * depth, keys * depth, keys * depth)
        (arguments.q_row, arguments.k_row, arguments.v_row) = (depth, depth, depth)
        (arguments.y_head, arguments.y_row, arguments.mask_row) = (queries * depth, depth, keys)
        arguments.causal = form == .causal ? 1 : 0
        arguments.narrow = isNarrow ? 1 : 0
        var y = [Float](repeating: .nan, count: heads * queries * depth)
        let bytes = tk_attention_scratch(&arguments, tk_max_threads())
        var scratch = [UInt8](repeating: 0xff, count: bytes)
        q.withUnsafeBufferPointer { q in
            k.withUnsafeBytes { k in
                v.withUnsafeBytes { v in
                    mask.withUnsafeBufferPointer { mask in
                        bias.withUnsafeBufferPointer { bias in
                            y.withUnsafeMutableBufferPointer { y in
                                (arguments.q, arguments.k, arguments.v) = (q.baseAddress, k.baseAddress, v.baseAddress)
                                arguments.mask = form == .masked ? mask.baseAddress : nil
                                arguments.bias = form == .biased ? bias.baseAddress : nil
                                arguments.y = y.baseAddress
                                let status = scratch.withUnsafeMutableBytes { tk_attention(&arguments, $0.baseAddress) }
                                #expect(status == TK_OK)
                            }
                        }
                    }
                }
            }
        }
        return y
    }
}
