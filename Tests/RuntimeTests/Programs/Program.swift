import Foundation
import IR
import Testing

/// A fixture `Tests/Programs/<name>.ir`: a module whose constants `in.x` are the inputs of its function `main` and `out.y` what must come
/// out. The items of a sequence are `in.s.0`, `in.s.1`, ….
struct Program: Sendable, CustomTestStringConvertible {
    let url: URL

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Programs")

    static let all: [Program] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".ir") }.sorted().map { Program(url: folder.appendingPathComponent($0)) }
    }()

    var testDescription: String { url.lastPathComponent }

    /// The module, and values of its constants by the name behind `in.` or `out.`.
    func read() throws -> (module: Module, inputs: [String: Datum], outputs: [String: Datum]) {
        var module = try Module(parsing: try String(contentsOf: url, encoding: .utf8))
        let main = try #require(module.function("main"))
        let signature = main.signature
        let inputs = try values("in", signature.inputs, module)
        let outputs = try values("out", signature.outputs, module)
        module.removeUnusedConstants()
        return (module, inputs, outputs)
    }

    private func values(_ side: String, _ items: [Signature.Item], _ module: Module) throws -> [String: Datum] {
        var found: [String: Datum] = [:]
        for item in items {
            let key = "\(side).\(item.name)"
            if item.type.isTensor {
                found[item.name] = .tensor(try #require(module.constants[key]?.tensor, "constant @\(key)"))
            } else {
                let parts = (0...).lazy.map { module.constants["\(key).\($0)"]?.tensor }.prefix { $0 != nil }
                found[item.name] = .sequence(parts.compactMap { $0 }.map { .tensor($0) })
            }
        }
        return found
    }
}
