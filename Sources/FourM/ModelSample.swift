import FourMCodecs
import FourMSettings

/// One thing that the models of a bundle are run over: a picture, a caption, or both.
package struct ModelSample: Sendable {
    package let picture, caption: InputValue?
    /// What people call it: a file, or a line of one.
    package let name: String

    package init(picture: InputValue? = nil, caption: InputValue? = nil, name: String) {
        (self.picture, self.caption, self.name) = (picture, caption, name)
    }

    /// What of it can be given where pictures, or captions, cannot; nil if nothing is left.
    package func keeping(pictures: Bool, captions: Bool) -> ModelSample? {
        let (own, text) = (pictures ? picture : nil, captions ? caption : nil)
        return own == nil && text == nil ? nil : ModelSample(picture: own, caption: text, name: name)
    }
}

extension ModelSample {
    /// `body`, whose errors about what it is given concern the sample.
    func named<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as FourMError where !error.description.contains(name) {
            throw FourMError("\(name): \(error)", error.cause)
        }
    }

    /// `8 pictures, 3 of them with a caption, and 20 captions`.
    package static func count(_ samples: [ModelSample]) -> String {
        func of(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
        let pictures = samples.filter { $0.picture != nil }
        let (both, captions) = (pictures.filter { $0.caption != nil }.count, samples.count - pictures.count)
        let captioned =
            both == 0 ? "" : both == pictures.count ? " with \(both == 1 ? "a caption" : "captions")" : ", \(both) of them with a caption"
        if pictures.isEmpty { return of(captions, "caption") }
        return of(pictures.count, "picture") + captioned
            + (captions == 0 ? "" : "\(captioned.isEmpty ? "" : ",") and \(of(captions, "caption"))")
    }
}

extension LoadedBundle {
    /// What of `sample` is given, by what the model calls it.
    /// - Throws: ``FourMError`` for a picture or a caption that the model does not take.
    package func given(_ sample: ModelSample) throws -> [String: InputValue] {
        var made: [String: InputValue] = [:]
        if let picture = sample.picture { made[try input(nil)] = picture }
        if let caption = sample.caption { made[try captionInput()] = caption }
        return made
    }
}
