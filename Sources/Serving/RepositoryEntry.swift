import Tessera

/// A version of a model, as the repository's index lists it.
package struct RepositoryEntry: Sendable, Equatable {
    /// What a version is able to do.
    package enum State: String, Sendable {
        /// It takes requests.
        case ready = "READY"
        /// It is being read.
        case loading = "LOADING"
        /// It takes no requests.
        case unavailable = "UNAVAILABLE"
    }

    /// Name of the model.
    package let name: String
    /// Its version: a number from 1.
    package let version: String
    /// What it is able to do.
    package let state: State
    /// Why it is unavailable, or what else is to be said: a file that could not take its place, say. Empty otherwise.
    package let reason: String
}

/// A served model: what it takes and gives, and how it is run.
package struct ServedModelDescription: Sendable {
    /// What kind of thing it is.
    package enum Kind: String, Sendable {
        /// Functions over tensors.
        case model
        /// A 4M bundle, which generates.
        case pipeline
    }

    /// A function, and whether requests to it are computed together.
    package struct Function: Sendable {
        /// What it takes and gives.
        package let function: FunctionDescription
        /// Most rows computed together; 1 where requests are computed one by one.
        package let maxBatch: Int
        /// Why requests are computed one by one; empty where they are not.
        package let unbatchedBecause: String
    }

    /// Name of the model.
    package let name: String
    /// The version described.
    package let version: String
    /// All versions that serve, ascending.
    package internal(set) var versions: [String]
    /// What kind of thing it is.
    package let kind: Kind
    /// Platform in the sense of the Open Inference Protocol: `tessera_onnx`, `tessera_ir`, `tessera_tess`, `tessera_4m` or
    /// `tessera_bundle`.
    package let platform: String
    /// Functions in the model's order; none of a pipeline.
    package internal(set) var functions: [Function]
    /// Modalities of a pipeline, by name; none of a model.
    package let modalities: [Modality]
    /// How it is run.
    package let settings: ModelSettings
    /// Bytes of weights and working memory; of a pipeline, of its files.
    package internal(set) var bytes: Int
}

extension ServedModelDescription {
    init(_ model: ServedModel) {
        (name, version, versions, kind) = (model.name, model.version, [model.version], .model)
        (platform, modalities, settings, bytes) = (model.platform, [], model.settings, model.bytes)
        functions = model.described
    }

    init(_ pipeline: ServedPipeline, _ modalities: [Modality], _ settings: ModelSettings) {
        (name, version, versions, kind) = (pipeline.name, pipeline.version, [pipeline.version], .pipeline)
        (platform, functions, bytes) = ("tessera_bundle", [], pipeline.bytes)
        (self.modalities, self.settings) = (modalities, settings)
    }
}
