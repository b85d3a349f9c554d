import Formats
import IR

/// What is known of a model's inputs beyond what the file says. The more is known, the more of a graph is decided when it is imported.
package struct ONNXSpecialization: Sendable {
    /// Types of inputs, in place of the file's.
    package var types: [String: ValueType]
    /// Inputs that are constants: they are no inputs of the function then.
    package var values: [String: Tensor]
    /// Inputs that are empty sequences or optionals: files do not say reliably of what.
    package var empty: [String: Datum]
    /// Whether two sizes that meet where they should be equal are taken to be. It is seen when the model runs whether they are; if one of them
    /// may be 1 and is stretched, the model must be imported without, and its sizes become maxima.
    package var takesSizesAsEqual: Bool

    package init(
        types: [String: ValueType] = [:], values: [String: Tensor] = [:], empty: [String: Datum] = [:], takesSizesAsEqual: Bool = true
    ) {
        (self.types, self.values, self.empty, self.takesSizesAsEqual) = (types, values, empty, takesSizesAsEqual)
    }

    package static let none = ONNXSpecialization()
}

/// Turns ONNX models into modules of stage `imported` with one entry point, ``functionName``.
package enum ONNXImporter {
    package static let functionName = "main"

    /// Of modules that come from ONNX files, in their metadata.
    package static let family = "onnx"

    /// Newest version of the default operator set that is known.
    package static let newestOpset = 28

    /// Newest version of the format that is known.
    package static let newestIRVersion = 14

    /// Builds the module of `model`.
    /// - Throws: ``ONNXImportError``, or ``CheckpointError`` for tensors that cannot be read.
    package static func importModel(_ model: ONNXModel, _ special: ONNXSpecialization = .none) throws -> Module {
        try importWithSources(model, special).module
    }

    /// As ``importModel(_:_:)``, with what the file says of the nodes.
    /// - Throws: as ``importModel(_:_:)``.
    package static func importWithSources(
        _ model: ONNXModel, _ special: ONNXSpecialization = .none
    ) throws -> (module: Module, sources: ONNXSourceMap) {
        let builder = ONNXModuleBuilder(model, special)
        try builder.checkOperators()
        let module = try builder.build()
        builder.sources.keep(module.functions.map(\.name))
        return (module, builder.sources)
    }

    /// Operators of `model` that are not supported.
    package static func unsupportedOperators(_ model: ONNXModel) -> [ONNXImportError.Unsupported] {
        ONNXModuleBuilder(model, .none).unsupportedOperators()
    }
}

/// A module under construction.
final class ONNXModuleBuilder {
    let model: ONNXModel
    let special: ONNXSpecialization
    var module: Module
    var warnings: [String] = []
    var sources = ONNXSourceMap()
    private var functionNames: Set<String> = []
    private let functions: [FunctionKey: ONNXFunction]

    struct FunctionKey: Hashable {
        let domain, name, overload: String
    }

    init(_ model: ONNXModel, _ special: ONNXSpecialization) {
        (self.model, self.special) = (model, special)
        let name = model.graph.name.isEmpty ? "onnx" : model.graph.name
        module = Module(name: name)
        functions = Dictionary(
            model.functions.map { (FunctionKey(domain: $0.domain, name: $0.name, overload: $0.overload), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    var callees: Callees { Callees(module) }

    func function(for node: ONNXNode) -> ONNXFunction? {
        functions[FunctionKey(domain: node.domain, name: node.opType, overload: node.overload)]
    }

    /// Version of the operator set of `domain`; the oldest where a file does not say it.
    func version(_ domain: String, _ opsets: [String: Int]) -> Int { opsets[domain] ?? 1 }

    func build() throws -> Module {
        noteVersions()
        let scope = ONNXScope(self, name: ONNXImporter.functionName, opsets: model.opsets, parent: nil)
        try scope.importMain(model.graph)
        keep(scope)
        module.removeUncalledFunctions()
        module.removeUnusedConstants()
        module.metadata[.family] = .string(ONNXImporter.family)
        module.metadata[.parameters] = .int(parameterCount)
        module.metadata.merge(ONNXFacts.metadata(of: model)) { $1 }
        if !warnings.isEmpty { module.metadata[.warnings] = .strings(warnings) }
        return module
    }

    /// Puts the finished function of `scope` into the module.
    func keep(_ scope: ONNXScope) {
        module.setFunction(scope.graph)
        sources.functions[scope.graph.name] = scope.sources
    }

    /// Elements of all constants but single numbers that nodes hold.
    private var parameterCount: Int {
        let held = ONNXHeldTensors(of: model)
        let stored = Set(held.initializers.map(\.name) + held.sparse.map(\.values.name))
        return module.constants.values.reduce(0) { sum, constant in
            let count = constant.type.elementCount.value ?? 0
            if count <= 1, !stored.contains(constant.key) { return sum }
            let (next, overflow) = sum.addingReportingOverflow(count)
            return overflow ? Int.max : next
        }
    }

    private func noteVersions() {
        if model.irVersion > ONNXImporter.newestIRVersion {
            warnings.append("the file is of IR version \(model.irVersion); \(ONNXImporter.newestIRVersion) is the newest known")
        }
        if let version = model.opsets[""], version > ONNXImporter.newestOpset {
            warnings.append("the file uses operator set \(version); \(ONNXImporter.newestOpset) is the newest known")
        }
    }

    /// - Throws: ``ONNXImportError/unsupported(file:operators:)`` with every operator that is not supported.
    func checkOperators() throws {
        let missing = unsupportedOperators()
        if !missing.isEmpty { throw ONNXImportError.unsupported(file: model.file, operators: missing) }
    }

    func unsupportedOperators() -> [ONNXImportError.Unsupported] {
        var missing: [String: (version: Int, nodes: [String])] = [:]
        var seen: Set<FunctionKey> = []
        func visit(_ nodes: [ONNXNode], _ opsets: [String: Int]) {
            for node in nodes {
                if let function = function(for: node) {
                    let key = FunctionKey(domain: node.domain, name: node.opType, overload: node.overload)
                    if seen.insert(key).inserted { visit(function.nodes, function.opsets.merging(opsets) { own, _ in own }) }
                } else if OperatorMapping.find(node.domain, node.opType, version(node.domain, opsets)) == nil {
                    let name = node.domain.isEmpty ? node.opType : "\(node.domain).\(node.opType)"
                    missing[name, default: (version(node.domain, opsets), [])].nodes.append(node.title)
                }
                for attribute in node.attributes {
                    switch attribute.value {
                    case .graph(let graph): visit(graph.nodes, opsets)
                    case .graphs(let graphs): for graph in graphs { visit(graph.nodes, opsets) }
                    default: break
                    }
                }
            }
        }
        visit(model.graph.liveNodes, model.opsets)
        return missing.map { ONNXImportError.Unsupported(name: $0.key, version: $0.value.version, nodes: $0.value.nodes) }
            .sorted { $0.name < $1.name }
    }

    /// Adds a constant under a key like `name` that no other constant has.
    func addConstant(_ tensor: Tensor, named name: String) -> String {
        var key = name.isEmpty ? "constant" : name
        var number = 1
        while let other = module.constants[key] {
            if other.tensor == tensor { return key }
            number += 1
            key = "\(name)#\(number)"
        }
        module.setConstant(Constant(key: key, tensor))
        return key
    }

    /// Names and warnings so far: a body that is imported once more has none of those of the last try. Functions and constants of a try that
    /// failed are read by nobody and go in the end.
    var notes: (functionNames: Set<String>, warnings: [String]) {
        get { (functionNames, warnings) }
        set { (functionNames, warnings) = newValue }
    }

    /// A name for a function that no other one has.
    func functionName(like name: String) -> String {
        var (candidate, number) = (name, 1)
        while !functionNames.insert(candidate).inserted || candidate == ONNXImporter.functionName {
            number += 1
            candidate = "\(name).\(number)"
        }
        return candidate
    }
}
