import Artifact
import Inspect
import Names

/// What there is to say of a compiled model beside its functions.
enum ArtifactText {
    static func text(of artifact: Artifact) -> String {
        let origin = artifact.provenance
        var lines = ["compiled by \(origin.program), format \(artifact.version), \(origin.precision) for \(artifact.target)"]
        if !origin.options.isEmpty { lines.append("with \(origin.options.joined(separator: " "))") }
        for source in origin.sources {
            lines.append("from \(source.file), \(Human.bytes(source.bytes)), sha256 \(source.sha256.prefix(16))…")
        }
        for step in origin.repacked ?? [] {
            lines.append("packed again from \(step.file), for \(step.target) by \(step.program); what was rounded stayed as it was")
        }
        if let leftOut = origin.leftOut {
            lines.append(
                "left out, since nothing kept reaches them: \(Human.count(Double(leftOut.parameters))) of \(Human.count(Double(leftOut.of))) parameters, "
                    + leftOut.functions.joined(separator: ", "))
        }
        // Files come from anywhere.
        return lines.map { ForeignText.escaped($0) }.joined(separator: "\n") + "\n\n"
    }
}
