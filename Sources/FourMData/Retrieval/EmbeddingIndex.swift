import Formats
import Foundation
import FourMSettings
import IR

/// Vectors of the files of a folder, with what is needed to compare others with them.
///
/// On disk a safetensors file: `embeddings` f32 [files, dim], and in the metadata `recipe`, `folder`, `files`, `stamps` as JSON.
package struct EmbeddingIndex: Sendable {
    /// How the vectors were made.
    package struct Recipe: Codable, Hashable, Sendable {
        /// The global feature modality; nil for pooled encoder features.
        package var target: String?
        /// What the files are to the model: `rgb@224`.
        package var modality: String
        /// ``LoadedBundle/modelIdentity()``
        package var model: String
        /// Of predicted tokens.
        package var sampling: EmbeddingSampling?
        package var ignoresOrientation = false

        package init(_ method: EmbeddingMethod, modality: String, model: String, sampling: EmbeddingSampling, ignoresOrientation: Bool) {
            target = method.target
            self.modality = modality
            self.model = model
            self.sampling = target == nil ? nil : sampling
            self.ignoresOrientation = ignoresOrientation
        }

        package var method: EmbeddingMethod { target.map { .global(target: $0) } ?? .features }
    }

    /// A file as it was when it was embedded.
    package struct File: Hashable, Sendable {
        /// Path below the folder.
        package let name: String
        package let bytes: Int
        /// Seconds since 1970.
        package let modified: Int
    }

    package let recipe: Recipe
    /// The folder of the files.
    package let folder: String
    package private(set) var files: [File] = []
    package private(set) var vectors: [[Float]] = []

    package init(_ recipe: Recipe, folder: String) {
        self.recipe = recipe
        self.folder = folder
    }

    /// - Throws: ``FourMError`` for a vector of another size.
    package mutating func add(_ file: File, _ vector: [Float]) throws {
        if let first = vectors.first, first.count != vector.count {
            throw FourMError("'\(file.name)' gives \(vector.count) numbers where others give \(first.count)")
        }
        files.append(file)
        vectors.append(vector)
    }

    package var dim: Int { vectors.first?.count ?? 0 }

    /// Writes the index, files in the order of their names, atomically.
    package func write(to path: String) throws {
        let order = files.indices.sorted { files[$0].name < files[$1].name }
        let tensor = Tensor(order.flatMap { vectors[$0] }, [order.count, dim])
        let metadata = [
            "format": EmbeddingIndex.format, "recipe": try JSONWriter.text(recipe), "folder": folder,
            "files": try JSONWriter.text(order.map { files[$0].name }),
            "stamps": try JSONWriter.text(order.map { [files[$0].bytes, files[$0].modified] }),
        ]
        try SafeTensorsWriter.write(["embeddings": tensor], metadata: metadata, to: path)
    }

    private static let format = "tessera-index-1"

}

extension EmbeddingIndex {
    /// Reads an index.
    /// - Throws: `CheckpointError` for a damaged file; ``FourMError`` for one that is no index.
    package init(path: String) throws {
        let file = try SafeTensorsFile(path: path)
        func fault(_ what: String) -> FourMError {
            FourMError("\(path) is no index: \(what); 'tessera embed' makes one")
        }
        func field<T: Decodable>(_ key: String, _ type: T.Type) throws -> T {
            guard let text = file.metadata[key], let value = try? ConfigValue(json: text, file: path).decode(type) else {
                throw fault("its metadata have no valid '\(key)'")
            }
            return value
        }
        guard file.metadata["format"] == EmbeddingIndex.format else {
            throw fault("its format is not '\(EmbeddingIndex.format)'")
        }
        guard let tensor = file.byName["embeddings"]?.tensor, tensor.dtype == .f32, tensor.rank == 2 else {
            throw fault("it has no tensor 'embeddings' f32 [files, dim]")
        }
        let names = try field("files", [String].self)
        let stamps = try field("stamps", [[Int]].self)
        guard names.count == tensor.shape[0], stamps.count == names.count, stamps.allSatisfy({ $0.count == 2 }) else {
            throw fault("\(names.count) files, \(stamps.count) stamps and \(tensor.shape[0]) vectors do not fit")
        }
        self.init(try field("recipe", Recipe.self), folder: file.metadata["folder"] ?? "")
        let (dim, values) = (tensor.shape[1], tensor.floats)
        for (index, name) in names.enumerated() {
            files.append(File(name: name, bytes: stamps[index][0], modified: stamps[index][1]))
            vectors.append(Array(values[index * dim..<(index + 1) * dim]))
        }
    }
}
