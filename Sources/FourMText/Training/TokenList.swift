/// Tokens by id, compared by bytes: "é" as one code point and as two are two tokens.
struct TokenList: Sendable {
    private(set) var tokens: [[UInt8]] = []
    private var ids: [[UInt8]: Int32] = [:]

    var count: Int { tokens.count }

    func id(of token: [UInt8]) -> Int32? { ids[token] }

    func token(_ id: Int32) -> [UInt8] { tokens[Int(id)] }

    /// The id of `token`, which is the next one if the token is new.
    @discardableResult
    mutating func id(adding token: [UInt8]) -> Int32 {
        if let id = ids[token] { return id }
        let id = Int32(tokens.count)
        tokens.append(token)
        ids[token] = id
        return id
    }
}
