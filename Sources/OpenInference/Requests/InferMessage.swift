import Serving

/// What a client asks for, and how it wants the answer.
package struct InferMessage: Sendable {
    /// An output that was asked for.
    package struct Output: Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Whether its data follow the JSON text as bytes.
        package var isBinary: Bool
        /// Most likely classes to give in place of the data; 0 for the data.
        package var classes = 0
        /// Shared memory that the data go to.
        package var region: Region?
    }

    /// A place in shared memory.
    package struct Region: Sendable, Equatable {
        /// Name of the region.
        package var name: String
        /// First byte.
        package var offset: Int
        /// Number of bytes.
        package var count: Int
    }

    /// What is to be run.
    package var request: InferenceRequest
    /// How each output is to be told; none for all, as ``binaryOutputs`` says.
    package var outputs: [Output]
    /// Whether data of outputs follow as bytes where nothing else is said.
    package var binaryOutputs = false
    /// Rank among requests; all are equal here.
    package var priority = 0

    /// How `name` is to be told.
    func output(_ name: String) -> Output { outputs.first { $0.name == name } ?? Output(name: name, isBinary: binaryOutputs) }
}
