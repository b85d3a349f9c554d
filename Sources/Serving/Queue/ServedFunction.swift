import Tessera

/// A function of a served model, and how requests to it are joined: along the first size of all its inputs and outputs, where that is one
/// symbol that nothing else depends on.
final class ServedFunction: Sendable {
    let description: FunctionDescription
    let name: String
    /// Most rows computed together; 1 where requests are computed one by one.
    let maxBatch: Int
    /// Why requests are computed one by one; empty where they are not.
    let unbatchedBecause: String

    init(_ description: FunctionDescription, _ settings: ModelSettings, largestSizes: [String: Int]) {
        self.description = description
        name = description.name
        let (symbol, reason) = ServedFunction.rowSymbol(description)
        var most = min(settings.maxBatch, symbol.flatMap { largestSizes[$0] } ?? .max)
        var why = reason
        if settings.batching == .off { (most, why) = (1, "batching is off") }
        if why.isEmpty, most < 2 { why = "its batches have one row at most" }
        (maxBatch, unbatchedBecause) = why.isEmpty ? (most, "") : (1, why)
    }

    var canJoin: Bool { maxBatch > 1 }

    /// Rows of a request with these inputs; 0 for one that is not to be joined with others, be it that it is wrong: its own run tells why.
    func rows(_ inputs: [String: Tensor]) -> Int {
        guard canJoin, inputs.count == description.inputs.count else { return 0 }
        var rows: Int?
        for wanted in description.inputs {
            guard let tensor = inputs[wanted.name], tensor.elementType == wanted.elementType, tensor.shape.count == wanted.shape.count,
                let first = tensor.shape.first, first == rows ?? first
            else { return 0 }
            rows = first
        }
        return rows ?? 0
    }

    /// Whether requests with these inputs, which have rows both, can be joined.
    func fit(_ a: [String: Tensor], _ b: [String: Tensor]) -> Bool {
        description.inputs.allSatisfy { wanted in
            guard let left = a[wanted.name]?.shape, let right = b[wanted.name]?.shape, left.count == right.count else { return false }
            return (1..<max(left.count, 1)).allSatisfy { left[$0] == right[$0] }
        }
    }

    /// The symbol that is the first size of all inputs and outputs and of nothing else; or why there is none.
    private static func rowSymbol(_ function: FunctionDescription) -> (symbol: String?, reason: String) {
        let values = function.inputs + function.outputs
        guard let first = function.inputs.first?.shape.first, case .symbolic(let symbol) = first, words(symbol) == [symbol] else {
            return (nil, "the first size of its inputs is fixed, or has no name")
        }
        guard !function.outputs.isEmpty else { return (nil, "it has no outputs") }
        for value in values {
            guard value.isTensor, joins(value.elementType) else { return (nil, "\(value) cannot be joined with others") }
            guard value.shape.first == first else { return (nil, "the first size of \(value) is not '\(symbol)'") }
            for case .symbolic(let other) in value.shape.dropFirst() where words(other).contains(symbol) {
                return (nil, "the size '\(other)' of \(value) depends on '\(symbol)'")
            }
        }
        return (symbol, "")
    }

    /// Whether rows of `type` are whole bytes, one after the other.
    private static func joins(_ type: ElementType) -> Bool {
        guard let one = type.byteCount([1]), let many = type.byteCount([8]) else { return false }
        return type.name != "string" && many == 8 * one
    }

    /// The names and numbers of an expression of sizes.
    private static func words(_ text: String) -> [String] {
        text.split { !($0.isLetter || $0.isNumber || "_.$:/".contains($0)) }.map(String.init)
    }
}
