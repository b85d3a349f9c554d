import Files
import Foundation
import FourMModels
import FourMText
import IR
import Importers
import Runtime

extension GoldenCase {
    /// The plan of the case's checkpoint.
    /// - Throws: ``UnsupportedCase`` for models that are not imported yet, and the errors of the loader.
    func plan(_ name: String = "model.safetensors") throws -> Plan {
        do {
            return try ModelLoader.plan(file(name).path)
        } catch ImportError.unsupported(let what) {
            throw UnsupportedCase(what)
        }
    }

    /// The 4M text tokenizer, which all cases share.
    func textTokenizer() throws -> TextTokenizer {
        try TextTokenizer(contentsOf: try shared("text/text_tokenizer_4m_wordpiece_30k.json"))
    }

    /// The data file that `parameters.file` names.
    func dataFile() throws -> Data {
        guard let name = parameters["file"] as? String else { throw ConformanceError("\(folder.path): parameters name no file") }
        return Data(try InputFile.bytes(file(name).path, limit: GoldenCase.largestFile))
    }
}

/// Values of a case file's JSON objects.
typealias Parameters = [String: Any]

extension Parameters {
    func text(_ key: String) throws -> String { try needed(key, self[key] as? String) }

    func texts(_ key: String) throws -> [String] { try needed(key, self[key] as? [String]) }

    func integer(_ key: String) throws -> Int { try needed(key, (self[key] as? NSNumber)?.intValue) }

    func number(_ key: String) throws -> Double { try needed(key, (self[key] as? NSNumber)?.doubleValue) }

    func numbers(_ key: String) throws -> [Double] { try needed(key, (self[key] as? [NSNumber])?.map(\.doubleValue)) }

    func section(_ key: String) throws -> Parameters { try needed(key, self[key] as? Parameters) }

    func sections(_ key: String) throws -> [Parameters] { try needed(key, self[key] as? [Parameters]) }

    private func needed<T>(_ key: String, _ value: T?) throws -> T {
        guard let value else { throw ConformanceError("the case's parameters have no valid '\(key)'") }
        return value
    }
}

extension Tensor {
    /// Rows of a matrix.
    var rows: [[Int]] {
        let width = shape.last ?? 0
        let values = integers
        return (0..<(width > 0 ? values.count / width : 0)).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }

    var flags: [[Bool]] { rows.map { $0.map { $0 != 0 } } }

    /// A matrix of rows with equal length.
    init(rows: [[Int]]) { self.init(integers: rows.flatMap { $0 }, [rows.count, rows.first?.count ?? 0]) }

    init(flags: [[Bool]]) { self.init(bools: flags.flatMap { $0 }, [flags.count, flags.first?.count ?? 0]) }
}

extension [String: Tensor] {
    /// - Throws: ``ConformanceError`` naming the missing tensor.
    func needed(_ name: String) throws -> Tensor {
        guard let tensor = self[name] else { throw ConformanceError("the case has no tensor '\(name)'") }
        return tensor
    }

    /// As the comparisons in FourM take them.
    var arrays: ConformanceArrays { mapValues { (shape: $0.shape, values: $0.doubles) } }
}
