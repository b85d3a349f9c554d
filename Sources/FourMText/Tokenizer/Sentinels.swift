/// The ids of a vocabulary's sentinel tokens `[S_0]`, `[S_1]`, … that stand for masked spans.
///
/// Source: `get_sentinel_to_id_mapping` in `fourm/utils/tokenizer/text_tokenizer.py`.
package struct Sentinels: Sendable, Equatable {
    /// Id by the number in the token's name.
    package let idOfNumber: [Int: Int]
    /// All sentinel ids.
    package let ids: Set<Int>

    /// - Parameter idOfNumber: id by the number in the token's name.
    package init(idOfNumber: [Int: Int]) {
        self.idOfNumber = idOfNumber
        ids = Set(idOfNumber.values)
    }

    /// - Parameter tokens: tokens by id; those of the form `[S_<number>]` are taken.
    init(tokens: [String?]) {
        var idOfNumber: [Int: Int] = [:]
        for (id, token) in tokens.enumerated() {
            guard let token, token.utf8.starts(with: "[S_".utf8), token.utf8.last == UInt8(ascii: "]") else { continue }
            let digits = token.dropFirst(3).dropLast()
            guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits) else { continue }
            idOfNumber[number] = id
        }
        self.init(idOfNumber: idOfNumber)
    }

    /// Whether `id` is a sentinel.
    package func contains(_ id: Int) -> Bool { ids.contains(id) }

    /// The sentinel `[S_1]` with which a target that has no prompt starts.
    package var first: Int? { idOfNumber[1] }
}
