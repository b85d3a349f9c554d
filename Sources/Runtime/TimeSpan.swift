/// A part of a job that takes time, for whoever listens (``TimeSpan/listener``). Where nobody does, a part costs a look at a task-local value.
///
/// Parts lie within each other as calls do: what a part begins ends before the part itself.
package struct TimeSpan: Sendable, Hashable {
    /// What is done.
    package enum Kind: String, Sendable, Encodable, CaseIterable {
        /// All that the listener hears of.
        case job
        /// A file of a model, opened and imported.
        case load
        /// Passes over a module, and its weights packed.
        case compile
        /// A function lowered for sizes that it has not had before.
        case plan
        /// An input read and decoded.
        case read
        /// What is given, as tokens.
        case tokenize
        /// The encoder over what is visible.
        case encode
        /// One decoding step of a target, or one token of a text.
        case step
        /// Kernels of one function of a model.
        case call
        /// Tokens drawn from logits.
        case sample
        /// Tokens as values again.
        case decode
        /// Pictures made of values.
        case draw
        /// Files written.
        case write
    }

    package let kind: Kind
    /// Of the modality, function or file, for instance `tok_rgb@224`; empty for what is of none.
    package let name: String

    package init(_ kind: Kind, _ name: String = "") { (self.kind, self.name) = (kind, name) }
}

/// Hears of parts as they begin and end, from the thread that does them.
package protocol TimeSpanListener: AnyObject, Sendable {
    func begin(_ span: TimeSpan)
    /// The innermost part has ended that has begun and not ended, whether it came to its end or threw.
    func end()
    /// So many tokens were made in the innermost part and those around it.
    func count(_ tokens: Int)
}

extension TimeSpan {
    /// Who hears of parts that the current task begins.
    @TaskLocal package static var listener: (any TimeSpanListener)?

    /// `body`, told of as one part.
    package static func measure<Result>(
        _ kind: Kind, _ name: @autoclosure () -> String = "", _ body: () throws -> Result
    ) rethrows -> Result {
        guard let listener else { return try body() }
        listener.begin(TimeSpan(kind, name()))
        defer { listener.end() }
        return try body()
    }

    /// Tells that `tokens` were made.
    package static func count(_ tokens: @autoclosure () -> Int) { if let listener { listener.count(tokens()) } }
}
