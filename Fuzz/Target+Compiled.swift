import Artifact
import Foundation

@testable import Formats
@testable import IR
@testable import Runtime

extension Target {
    /// A compiled model or bundle: opened, held against its checksums, planned, packed for another machine, and small functions run.
    static func compiled(_ bytes: [UInt8]) throws {
        let file = try ArtifactFile(SafeTensorsFile(ByteSlice(copying: mended(bytes)).owner, path: "f"))
        try? file.verify()
        let names = file.bundle == nil ? [nil] : file.models.prefix(4).map { Optional($0) }
        for name in names {
            guard let model = try? file.model(name), let plan = try? model.plan() else { continue }
            _ = try? model.packed.repacked(for: .generic)
            for graph in plan.module.entryPoints.prefix(4) { try? run(graph, plan) }
        }
    }

    /// The file with the length of its header set to where the header's object ends, so that longer and shorter headers are read too.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var (depth, isText, isEscaped) = (0, false, false)
        for place in bytes.indices.dropFirst(8) {
            let byte = bytes[place]
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    isText = byte != UInt8(ascii: "\"")
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                guard depth == 0 else { continue }
                // Blanks behind it are part of it.
                let end = bytes[(place + 1)...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.endIndex
                return withUnsafeBytes(of: UInt64(end - 8).littleEndian) { Array($0) } + bytes[8...]
            default: continue
            }
        }
        return bytes
    }

    /// A call of a function that is one plan of little memory; what data decide, or what loops, is left alone.
    private static func run(_ graph: Graph, _ plan: Plan) throws {
        let binding = graph.symbols.reduce(into: Binding()) { $0[$1] = 2 }
        // Frames of kernels that are not optimized take megabytes under the sanitizer, more than threads of a team have.
        let session = Session(plan, threads: 1)
        guard graph.calledFunctions.isEmpty, let bytes = try session.workingBytes(graph.name, binding: binding), bytes < 4 << 20 else {
            return
        }
        let inputs = try graph.inputs.reduce(into: [String: Tensor]()) { made, id in
            let type = graph.type(of: id)
            made[graph.inputName(of: id) ?? ""] = Tensor(zeros: type.dtype, try type.sizes(binding))
        }
        _ = try session.run(graph.name, inputs, binding: binding)
    }
}
