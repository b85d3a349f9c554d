import Files
import Formats
import Foundation
import IR

/// A folder with a `case.json`: what to compute, from which files, and how close the result must be.
package struct GoldenCase {
    package let folder: URL
    package let kind: String
    package let summary: String
    /// `parameters` of the case file.
    package let parameters: [String: Any]
    package let tolerance: Tolerance
    /// The whole case file.
    package let json: [String: Any]
    /// Outputs that hold NaN or infinity on purpose.
    package let nonFiniteOutputs: Set<String>

    /// - Throws: `InputError` if the folder has no readable case file, ``ConformanceError`` if that is none.
    package init(folder: URL) throws {
        let file = folder.appendingPathComponent("case.json")
        let data = Data(try InputFile.bytes(file.path, limit: GoldenCase.largestFile))
        let object: Any
        do { object = try JSONSerialization.jsonObject(with: data) } catch {
            // Foundation does not say where the fault is.
            _ = try ConfigValue(json: data, file: file.path)
            throw ConformanceError("\(file.path) is no valid JSON: \(error.localizedDescription)")
        }
        guard let json = object as? [String: Any], let kind = json["kind"] as? String else {
            throw ConformanceError("\(file.path) is no case file: it must be a JSON object with a 'kind'")
        }
        self.folder = folder
        self.json = json
        self.kind = kind
        summary = json["description"] as? String ?? ""
        parameters = json["parameters"] as? [String: Any] ?? [:]
        tolerance = Tolerance(caseJSON: json)
        nonFiniteOutputs = Set(json["non_finite_outputs"] as? [String] ?? parameters["non_finite_outputs"] as? [String] ?? [])
    }

    /// Bytes of a JSON file.
    static let largestFile = 256 << 20

    package func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Tensors of `inputs.safetensors` or `outputs.safetensors`.
    package func tensors(_ name: String) throws -> [String: Tensor] {
        let path = file(name + ".safetensors").path
        return try SafeTensorsFile(path: path).byName.compactMapValues(\.tensor)
    }

    /// `inputs.safetensors`.
    package func inputs() throws -> [String: Tensor] { try tensors("inputs") }

    /// `outputs.safetensors`.
    package func outputs() throws -> [String: Tensor] { try tensors("outputs") }

    /// A file that cases share, named relative to the root of the golden data, which is an ancestor of the case's folder.
    /// - Throws: ``ConformanceError`` if no ancestor holds it.
    package func shared(_ path: String) throws -> URL {
        var ancestor = folder.standardizedFileURL
        while ancestor.path != "/" {
            ancestor.deleteLastPathComponent()
            let candidate = ancestor.appendingPathComponent(path)
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        throw ConformanceError("\(path) is in no folder above \(folder.path); the case needs the whole set of golden data")
    }
}

/// A case that cannot be run at all, as opposed to one whose result is wrong.
package struct ConformanceError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A case of a kind, or of a model, that this version does not run yet.
package struct UnsupportedCase: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
