import Formats
import IR
import Names

extension ONNXFileReport {
    /// The report for people; `bold` makes a word stand out. The problem is not in it: the command ends with that.
    /// - Parameter width: columns that it may take; nil for as many as it needs.
    package func text(width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let parts = [
            Table([], rows.enumerated().map { $0 == 0 ? [$1[0], bold($1[1])] : $1 }, width: width).text,
            TextBlock.fitted(ports, width: width),
            operatorTable(width, bold),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Titles and values; what continues a row has no title.
    var rows: [[String]] { [["model", DocText.line(name)]] + facts }

    private var facts: [[String]] {
        var rows = [["family", "ONNX model (onnx), as the file describes it"]]
        for (index, file) in files.enumerated() {
            rows.append([index == 0 ? "files" : "", "\(ForeignText.escaped(file.path))  \(Human.bytes(file.bytes))"])
        }
        rows.append(["IR version", "\(irVersion)"])
        if let producer { rows.append(["producer", DocText.line(producer)]) }
        let sets = opsets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        if !sets.isEmpty { rows.append(["opsets", DocText.line(sets)]) }
        if let domain { rows.append(["model domain", DocText.line(domain)]) }
        if let modelVersion { rows.append(["model version", "\(modelVersion)"]) }
        if let docString { rows.append(["doc string", DocText.line(docString)]) }
        if let graphDocString { rows.append(["of the graph", DocText.line(graphDocString)]) }
        rows += DocText.rows("properties", properties)
        rows.append(["initializers", initializerText])
        if tensors.constants > 0 { rows.append(["in nodes", "\(tensors.constants) tensors, \(Human.bytes(tensors.constantBytes))"]) }
        for (index, function) in functions.enumerated() { rows.append([index == 0 ? "functions" : "", function.text]) }
        return rows
    }

    private var initializerText: String {
        let sparse = tensors.sparseInitializers > 0 ? " and \(tensors.sparseInitializers) sparse" : ""
        return "\(tensors.initializers)\(sparse), \(Human.bytes(tensors.initializerBytes))"
    }

    private var ports: String {
        func lines(_ title: String, _ ports: [ModelReport.Port], _ note: String = "") -> String {
            ports.map { port in
                let about = port.remarks.isEmpty ? "" : "  " + port.remarks
                return "  \(title)  \(DocText.line(port.name)): \(DocText.line(port.type))\(note)\(about)\n"
            }.joined()
        }
        let text = lines("in ", inputs) + lines("in ", optionalInputs, " (may be left out)") + lines("out", outputs)
        return text.isEmpty ? "" : "inputs and outputs, as the file declares them\n" + text
    }

    private func operatorTable(_ width: Int?, _ bold: (String) -> String) -> String {
        if operators.isEmpty { return "" }
        let rows = operators.map { one in
            let note = one.isFunction ? "a function of the model's own" : one.isSupported ? "" : bold("not supported")
            return [DocText.line(one.name), "\(one.nodes)", DocText.line(one.domain), "\(one.version)", note]
        }
        let header = ["operator", "nodes", "domain", "version", ""]
        return Table(header, rows, right: [1, 3], width: width).text
    }
}
