extension Module: CustomStringConvertible {
    /// Canonical text; ``Module/init(parsing:resolving:)`` reads it back. Tensor data is left out beyond ``inlineLimit`` elements.
    package var description: String { text(inlining: Module.inlineLimit) }

    /// ``description`` with the data of constants of at most `limit` elements.
    package func text(inlining limit: Int) -> String {
        var text = "module @\(Printer.key(name)) stage(\(stage.rawValue)) {\n"
        if !metadata.isEmpty { text += "  metadata \(Printer.attributes(metadata))\n" }
        for file in weightFiles { text += "  weights \(Printer.weightFile(file))\n" }
        for key in constants.keys.sorted() {
            guard let constant = constants[key] else { continue }
            text += "  const @\(Printer.key(key)) : \(constant.type)\(Printer.inlineData(constant, limit))\n"
        }
        for function in functions { text += Printer.function(function) }
        return text + "}\n"
    }

    /// Constants of at most this many elements are printed with their data.
    package static let inlineLimit = 16
}

extension AttributeValue {
    /// As text of the IR has it.
    package var text: String { Printer.value(self) }
}

extension Graph: CustomStringConvertible {
    package var description: String { Printer.function(self) }

    /// The nodes as ``description`` prints them, without indentation, in order.
    package var nodeLines: [String] { Printer.Numbering(self).lines }

    /// A node with its operands called by what gives them, so that it reads the same wherever it stands: an input `%x`, a constant `@key`, the
    /// name of a node in quotes.
    package func namedText(of node: Node) -> String { Printer.named(node, self) }
}

/// The canonical text form: one spelling for each module.
enum Printer {
    /// Names of a function's values, and its nodes under these.
    struct Numbering {
        private(set) var names: [ValueID: String] = [:]
        private(set) var lines: [String] = []

        init(_ graph: Graph) {
            for id in graph.inputs { names[id] = "%" + key(graph.inputName(of: id) ?? "") }
            // Inputs may have numbers for names.
            let taken = Set(names.values)
            var numbers = (0...).lazy.map { "%\($0)" }.filter { !taken.contains($0) }.makeIterator()
            for node in graph.nodes {
                let left = node.outputs.map { id -> String in
                    let name = numbers.next() ?? ""
                    names[id] = name
                    return name
                }
                let results = left.isEmpty ? "" : "\(left.joined(separator: ", ")) = "
                lines.append(results + nodeText(node, graph) { operand($0, graph, names) })
            }
        }
    }

    static func function(_ graph: Graph) -> String {
        let numbering = Numbering(graph)
        let inputs = graph.inputs.map { "\(numbering.names[$0] ?? ""): \(graph.valueType(of: $0))" }
        let results = graph.outputs.map { "\(key($0.name)): \(graph.valueType(of: $0.value))" }
        var text =
            "  \(graph.isPrivate ? "private " : "")func @\(key(graph.name))(\(inputs.joined(separator: ", "))) -> (\(results.joined(separator: ", "))) {\n"
        for line in numbering.lines { text += "    \(line)\n" }
        let returned = graph.outputs.map { operand($0.value, graph, numbering.names) }
        return text + "    return \(returned.joined(separator: ", "))\n  }\n"
    }

    static func named(_ node: Node, _ graph: Graph) -> String {
        nodeText(node, graph) { value in
            if let name = graph.inputName(of: value) { return "%" + key(name) }
            guard let producer = graph.producer(of: value) else { return operand(value, graph, [:]) }
            let index = producer.outputs.firstIndex(of: value) ?? 0
            return quoted(producer.name.isEmpty ? producer.opName : producer.name) + (index == 0 ? "" : ":\(index)")
        }
    }

    private static func nodeText(_ node: Node, _ graph: Graph, _ operand: (ValueID) -> String) -> String {
        let operands = node.inputs.map { $0.map(operand) ?? "_" }
        let attributes = node.op.attributes.isEmpty ? "" : " " + Printer.attributes(node.op.attributes)
        let sizes = node.sizes.isEmpty ? "" : " sizes(\(node.sizes.map(symbol).joined(separator: ", ")))"
        let types = node.outputs.map { graph.valueType(of: $0).description }
        let typed = types.isEmpty ? "" : " : \(types.joined(separator: ", "))"
        let name = node.name.isEmpty ? "" : " " + quoted(node.name)
        return "\(node.opName)(\(operands.joined(separator: ", ")))\(attributes)\(sizes)\(typed)\(node.hints.text)\(name)"
    }

    private static func operand(_ id: ValueID, _ graph: Graph, _ names: [ValueID: String]) -> String {
        if let key = graph.constantKey(of: id) { return "@" + Printer.key(key) }
        return names[id] ?? "%undefined"
    }

    static func attributes(_ attributes: Attributes) -> String {
        let fields = attributes.keys.sorted().map { "\(key($0)): \(attributes[$0].map(value) ?? "")" }
        return "{\(fields.joined(separator: ", "))}"
    }

    static func value(_ value: AttributeValue) -> String {
        switch value {
        case .bool(let x): x ? "true" : "false"
        case .int(let x): "\(x)"
        case .float(let x): number(x)
        case .string(let x): quoted(x)
        case .dtype(let x): x.rawValue
        case .dim(let x): "<\(x)>"
        case .dims(let x): "[\(x.map(\.description).joined(separator: ", "))]"
        case .floats(let x): "floats[\(x.map(number).joined(separator: ", "))]"
        case .strings(let x): "strings[\(x.map(quoted).joined(separator: ", "))]"
        case .dictionary(let x): attributes(x)
        case .function(let x): "@" + key(x)
        }
    }

    /// A floating point literal that reads back to the same bits; always has a point, an exponent, or is inf/nan. A NaN other than the
    /// usual one names its bits.
    static func number(_ value: Double) -> String {
        if value.isNaN { return nan(value.bitPattern, usual: Double.nan.bitPattern) }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        return "\(value)"
    }

    static func weightFile(_ file: WeightFile) -> String {
        quoted(file.path) + (file.stateKey.map { " " + attributes(["state_key": .string($0)]) } ?? "")
    }

    static func inlineData(_ constant: Constant, _ limit: Int) -> String {
        guard let tensor = constant.tensor, tensor.count <= limit else { return "" }
        if tensor.dtype == .string { return " = [\(tensor.strings.map(quoted).joined(separator: ", "))]" }
        let items: [String] =
            switch tensor.elements {
            case .floats(let values): values.indices.map { element($0, of: tensor, values[$0]) }
            case .signed(let values): values.map { "\($0)" }
            case .unsigned(let values): values.map { "\($0)" }
            }
        return " = [\(items.joined(separator: ", "))]"
    }

    /// Float element `index`; the bits of a NaN are those of its own type.
    private static func element(_ index: Int, of tensor: Tensor, _ value: Double) -> String {
        guard value.isNaN else { return number(value) }
        let usual = Tensor([Double.nan], [1], as: tensor.dtype)
        return nan(tensor.bits(at: index), usual: usual.bits(at: 0))
    }

    private static func nan(_ bits: UInt64, usual: UInt64) -> String { bits == usual ? "nan" : "nan(0x\(String(bits, radix: 16)))" }

    /// A bare name, or a quoted one if it has other characters than letters, digits and `_ . @ /`, or begins with `@`.
    static func key(_ name: String) -> String {
        let bare = name.utf8.allSatisfy { isNameByte($0) } && !name.isEmpty && name.utf8.first != UInt8(ascii: "@")
        return bare ? name : quoted(name)
    }

    /// A symbol of a dimension: as ``key(_:)``, and quoted too where it would read as a number or a function.
    static func symbol(_ name: String) -> String {
        if name == Dim.anyName { return name }
        let isNumber = name.utf8.first.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? false
        return isNumber || functions.contains(name) ? quoted(name) : key(name)
    }

    /// Functions of dimensions.
    static let functions: Set<String> = ["floordiv", "mod", "max", "min"]

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: "/"): true
        default: false
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
