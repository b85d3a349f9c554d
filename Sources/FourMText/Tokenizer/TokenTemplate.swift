/// What is put around the ids of one text (the `post_processor` of a tokenizers JSON file, for a single sequence).
struct TokenTemplate: Sendable {
    enum Part: Sendable, Equatable {
        case text
        case special(ids: [Int])
    }

    var parts: [Part]
}
