import Artifact
import Inspect

/// What there is to say of a compiled model beside its functions.
enum ArtifactText {
    static func text(of artifact: Artifact) -> String {
        let origin = artifact.provenance
        var lines = ["compiled by \(origin.program), format \(Artifact.version), \(origin.precision) for \(artifact.target)"]
        if !origin.options.isEmpty { lines.append("with \(origin.options.joined(separator: " "))") }
        for source in origin.sources { lines.append("from \(source.file), \(Human.bytes(source.bytes)), sha256 \(source.sha256.prefix(16))…") }
        return lines.joined(separator: "\n") + "\n\n"
    }
}
