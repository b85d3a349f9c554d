import Artifact
import Inspect
import Names

/// What there is to say of a compiled model beside its functions.
enum ArtifactText {
    static func text(of artifact: Artifact) -> String {
        let origin = artifact.provenance
        var lines = ["compiled by \(origin.program), format \(artifact.version), \(origin.precision) for \(artifact.target)"]
        if !origin.options.isEmpty { lines.append("with \(origin.options.joined(separator: " "))") }
        for (scheme, layers) in Dictionary(grouping: (origin.raised ?? [:]).sorted { $0.key < $1.key }, by: \.value).sorted(by: {
            $0.key < $1.key
        }) {
            lines.append("raised to \(scheme): \(layers.map(\.key).joined(separator: ", "))")
        }
        for source in origin.sources {
            lines.append("from \(source.file), \(Human.bytes(source.bytes)), sha256 \(source.sha256.prefix(16))…")
        }
        for step in origin.repacked ?? [] {
            lines.append("packed again from \(step.file), for \(step.target) by \(step.program); what was rounded stayed as it was")
        }
        if let leftOut = origin.leftOut { lines.append("left out, since nothing kept reaches them: \(text(of: leftOut))") }
        // Files come from anywhere.
        return lines.map { ForeignText.escaped($0) }.joined(separator: "\n") + "\n\n"
    }

    /// `1.2 M of 4.5 M parameters, logits.det, …`
    static func text(of leftOut: Provenance.LeftOut) -> String {
        "\(Human.count(Double(leftOut.parameters))) of \(Human.count(Double(leftOut.of))) parameters, "
            + leftOut.functions.joined(separator: ", ")
    }
}
