import Serving
import Tessera

/// Metadata of a model.
package struct ModelMetadata: Codable, Sendable, Equatable {
    /// A tensor that a function takes or gives.
    package struct Value: Codable, Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Its type, by the protocol's name.
        package var datatype: String
        /// Its sizes; -1 for one that requests decide.
        package var shape: [Int]

        /// `value` as the protocol tells it.
        package init(_ value: ValueDescription) {
            (name, datatype, shape) = (value.name, value.elementType.protocolName, value.shape.map { $0.number ?? -1 })
        }
    }

    /// A function of a model that has several.
    package struct Function: Codable, Sendable, Equatable {
        /// What the parameter `function` of a request calls it.
        package var name: String
        /// What it takes.
        package var inputs: [Value]
        /// What it gives.
        package var outputs: [Value]
    }

    /// Name of the model.
    package var name: String
    /// Versions that serve, ascending.
    package var versions: [String]
    /// What kind of model it is.
    package var platform: String
    /// What the function takes; of several, the first.
    package var inputs: [Value]
    /// What the function gives; of several, the first.
    package var outputs: [Value]
    /// All functions, where there are several.
    package var functions: [Function]?

    /// What the protocol tells of `model`.
    /// - Parameter function: which to tell; nil for the first.
    package init(_ model: ServedModelDescription, function: String? = nil) throws(ServingError) {
        (name, versions, platform) = (model.name, model.versions, model.platform)
        let described = model.functions.map {
            Function(name: $0.function.name, inputs: $0.function.inputs.map { Value($0) }, outputs: $0.function.outputs.map { Value($0) })
        }
        let told = function.map { name in described.first { $0.name == name } } ?? described.first
        if let function, told == nil { throw .request("model '\(model.name)' has no function '\(function)'") }
        (inputs, outputs) = (told?.inputs ?? [], told?.outputs ?? [])
        functions = described.count > 1 ? described : nil
    }
}

extension ValueDescription.Dimension {
    /// The number; nil for an expression of symbols.
    var number: Int? { if case .size(let size) = self { size } else { nil } }
}

/// Metadata of the server.
package struct ServerMetadata: Codable, Sendable, Equatable {
    /// `tessera`.
    package var name: String
    /// Its version.
    package var version: String
    /// Extensions of the protocol that it has.
    package var extensions: [String]

    /// A server of `version` with the extensions that there are.
    package init(version: String) {
        (name, self.version) = ("tessera", version)
        extensions = [
            "classification", "model_configuration", "model_repository", "model_repository(unload_dependents)", "statistics",
            "binary_tensor_data", "parameters", "system_shared_memory",
        ]
    }
}
