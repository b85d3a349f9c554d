import Formats
import IR
import Importers

/// What an ONNX file says of itself, whether or not it can be imported; the shape of its JSON.
package struct ONNXFileReport: Encodable {
    package struct Operator: Encodable {
        /// `Conv`; with its domain where that is not the default one: `com.microsoft.Gelu`.
        package let name: String
        /// `ai.onnx` is the default one.
        package let domain: String
        package let version: Int
        /// Those in bodies and functions too.
        package let nodes: Int
        /// Whether it is the name of a function of the model's own.
        package let isFunction: Bool
        /// Whether it can be translated, or is not looked at as no output depends on it.
        package let isSupported: Bool
    }

    /// Those of bodies and functions too.
    package struct Tensors: Encodable {
        package let initializers, sparseInitializers: Int
        /// As stored, of the dense and the sparse ones.
        package let initializerBytes: Int
        /// Attributes of nodes, nearly always of Constant.
        package let constants, constantBytes: Int
    }

    package let name: String
    package let family: String
    /// The model and the files beside it that hold weights.
    package let files: [ModelReport.File]
    package let irVersion: Int
    package let producer: String?
    /// `ai.onnx` is the default one.
    package let opsets: [String: Int]
    package let domain: String?
    package let modelVersion: Int?
    /// Of the model, and of its graph.
    package let docString, graphDocString: String?
    package let properties: [String: String]
    /// As declared. Inputs without those that are initializers too.
    package let inputs, outputs: [ModelReport.Port]
    /// Inputs that have a default, an initializer of their name.
    package let optionalInputs: [ModelReport.Port]
    /// The most frequent first.
    package let operators: [Operator]
    /// Functions of the model's own.
    package let functions: [ONNXFunctionView]
    package let tensors: Tensors
    /// Why it cannot be imported; nil where that was not tried, or succeeded.
    package let problem: String?

    /// - Parameter problem: why `model` cannot be imported.
    package init(_ model: ONNXModel, problem: String? = nil) {
        func filled(_ text: String) -> String? { text.isEmpty ? nil : text }
        let graph = model.graph
        name = graph.name.isEmpty ? "onnx" : graph.name
        family = ONNXImporter.family
        files = ([model.file] + model.externalFiles).map { ModelReport.File($0) }
        (irVersion, producer, properties) = (model.irVersion, model.producerText, model.metadata)
        opsets = Dictionary(model.opsets.map { ($0.key.isEmpty ? "ai.onnx" : $0.key, $0.value) }, uniquingKeysWith: max)
        (domain, modelVersion) = (filled(model.domain), model.modelVersion)
        (docString, graphDocString) = (filled(model.doc), filled(graph.doc))
        let given = Set(graph.initializers.map(\.name) + graph.sparseInitializers.map(\.values.name))
        inputs = graph.inputs.filter { !given.contains($0.name) }.map(ONNXFileReport.port)
        optionalInputs = graph.inputs.filter { given.contains($0.name) }.map(ONNXFileReport.port)
        outputs = graph.outputs.map(ONNXFileReport.port)
        operators = ONNXFileReport.operators(of: model)
        functions = model.functions.map { ONNXFunctionView($0) }
        let held = ONNXHeldTensors(of: model)
        tensors = Tensors(
            initializers: held.initializers.count, sparseInitializers: held.sparse.count,
            initializerBytes: ONNXFileReport.sum(held.initializers + held.sparse.flatMap { [$0.values, $0.indices] }),
            constants: held.attributes.count, constantBytes: ONNXFileReport.sum(held.attributes))
        self.problem = problem
    }

    private static func port(_ value: ONNXValueInfo) -> ModelReport.Port {
        ModelReport.Port(
            name: value.name, type: value.type?.text ?? ONNXType.unknown.text, about: value.doc.isEmpty ? nil : value.doc,
            denotations: value.isDenoted ? [value.denotation] + value.dimensionDenotations : [])
    }

    private static func operators(of model: ONNXModel) -> [Operator] {
        let missing = Set(ONNXImporter.unsupportedOperators(model).map(\.name))
        let own = Set(model.functions.map { $0.domain.isEmpty ? $0.name : "\($0.domain).\($0.name)" })
        let all = model.operatorCounts.map { one in
            Operator(
                name: one.title, domain: one.domain.isEmpty ? "ai.onnx" : one.domain, version: one.version, nodes: one.nodes,
                isFunction: own.contains(one.title), isSupported: !missing.contains(one.title))
        }
        return all.sorted { ($1.nodes, $0.name, $0.version) < ($0.nodes, $1.name, $1.version) }
    }

    /// Files may say sizes that no sum holds.
    private static func sum(_ tensors: [ONNXTensor]) -> Int {
        tensors.reduce(0) { sum, tensor in
            let (next, overflow) = sum.addingReportingOverflow(tensor.storedBytes)
            return overflow ? Int.max : next
        }
    }
}
