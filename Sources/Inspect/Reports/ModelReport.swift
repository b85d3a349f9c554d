import Foundation
import IR

/// What there is to say of one model; the shape of its JSON.
package struct ModelReport: Encodable {
    package struct File: Encodable {
        package let path: String
        package let bytes: Int

        /// The file at `path` with its size; 0 where it cannot be told.
        package init(_ path: String) { (self.path, bytes) = (path, ModelReport.size(of: path)) }
    }

    package struct Port: Encodable, Equatable {
        package let name, type: String
        /// What the file says of it; nil where it says nothing.
        package let about: String?
        /// What it stands for by ONNX's list, such as `IMAGE`; nil where the file does not say.
        package let denotation: String?
        /// What its dimensions stand for, such as `DATA_BATCH`, "" for those of which the file does not say; nil where it says none.
        package let dimensionDenotations: [String]?

        /// - Parameter denotations: of the value, and behind it of the dimensions.
        package init(name: String, type: String, about: String? = nil, denotations: [String] = []) {
            (self.name, self.type, self.about) = (name, type, about)
            denotation = denotations.first.flatMap { $0.isEmpty ? nil : $0 }
            dimensionDenotations = denotations.count > 1 ? Array(denotations.dropFirst()) : nil
        }

        /// What the file says of it, for people: `IMAGE [DATA_BATCH, DATA_CHANNEL, ?, ?]  the photo`; "" where it says nothing.
        var remarks: String {
            let sizes = dimensionDenotations.map { "[\($0.map { $0.isEmpty ? "?" : DocText.line($0) }.joined(separator: ", "))]" }
            let kind = [denotation.map { DocText.line($0) }, sizes].compactMap { $0 }.joined(separator: " ")
            return [kind, about.map { DocText.line($0) } ?? ""].filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }

    package struct Function: Encodable {
        package let name: String
        package let about: String?
        package let nodes: Int
        package let inputs, outputs: [Port]
        /// Sizes under which `cost` holds.
        package let sizes: Binding
        package let cost: CallCost?
        /// Why there is no ``cost``.
        package let costProblem: String?
        /// That ``ModelReport/peaks`` allow such a call, on whatever path: its work, and its weights, inputs and outputs once from memory.
        package let leastMilliseconds: Double?
    }

    /// The call that takes the most memory at the largest sizes.
    package struct Peak: Encodable {
        package let function: String
        package let sizes: Binding
        /// Of inputs, outputs and what lies between them.
        package let bytes: Int
    }

    package struct Modality: Encodable {
        package let name, kind: String
        package let isInput, isOutput: Bool
        package let vocabulary, maxLength, maxTokens, channels: Int?
        package let grid, imageSize, patchSize: [Int]?
    }

    package let name, family, stage: String
    package let files: [File]
    /// Parameters that functions use, from the checkpoint; tied tensors once.
    package let parameters: Int
    /// Stored bytes of those parameters by element type, tied tensors once.
    package let bytesByType: [String: Int]
    package let modalities: [Modality]
    package let functions: [Function]
    /// Sizes that the model takes at most; nil if it takes all.
    package let largestSizes: Binding?
    package let peak: Peak?
    /// Of this machine, where they were measured.
    package let peaks: MachinePeaks?
    /// What is unusual, in words.
    package let notable: [String]
    package let metadata: [String: JSONMetadata]

    /// - Parameters:
    ///   - imported: what `module` was made of; its constants are the checkpoint's own.
    ///   - sizes: sizes of symbols in place of the typical ones.
    ///   - packedBytes: of weights of a compiled model, which its constants lack.
    ///   - paths: the files that hold it.
    ///   - working: memory of a call of a function, as the memory planner tells it.
    ///   - isStored: whether a constant is in those files; others were made by the importer.
    ///   - peaks: for ``Function/leastMilliseconds``; nil for none.
    ///   - lint: further lines of ``notable``.
    /// - Throws: ``WorkError`` for a size that no function has.
    package init(
        _ module: Module, of imported: Module, files paths: [String], isStored: (String) -> Bool = { _ in true }, sizes: [SizeBinding] = [],
        packedBytes: Int = 0, working: (String, Binding) -> Int? = { _, _ in nil }, peaks: MachinePeaks? = nil,
        lint: [String] = []
    ) throws {
        name = module.name
        stage = module.stage.rawValue
        let facts = MetadataReader(module.metadata)
        family = facts.string("family") ?? "unknown"
        files = paths.map { File($0) }
        parameters = facts.int("parameters") ?? module.parameterCount
        var stored: [String: Int] = [:]
        for tensor in imported.constants.values.filter({ isStored($0.key) }).withDistinctStorage {
            guard let bytes = tensor.bytes else { continue }
            stored[tensor.type.dtype.rawValue, default: 0] += bytes.count
        }
        if packedBytes > 0 { stored["packed"] = packedBytes }
        bytesByType = stored
        modalities = ModelReport.modalities(facts)
        try SizeBinding.check(sizes, of: module)
        let (typical, chosen) = (TypicalSizes(module), SizeBinding.table(sizes))
        functions = module.entryPoints.map { ModelReport.function($0, facts, typical, chosen, peaks) }
        largestSizes = module.largestSizes.isEmpty ? nil : module.largestSizes
        peak = ModelReport.peak(module, typical, working)
        self.peaks = peaks
        notable = ModelReport.notable(module, of: imported, isStored: isStored) + lint
        metadata = module.metadata.filter { $0.key != "modalities" }.mapValues { JSONMetadata($0) }
    }

    /// At the largest sizes, and typical ones of other symbols.
    private static func peak(_ module: Module, _ typical: TypicalSizes, _ working: (String, Binding) -> Int?) -> Peak? {
        if module.largestSizes.isEmpty { return nil }
        let all = module.entryPoints.compactMap { graph -> Peak? in
            let sizes = typical.binding(for: graph).merging(module.largestSizes) { $1 }.filter { graph.symbols.contains($0.key) }
            return working(graph.name, sizes).map { Peak(function: graph.name, sizes: sizes, bytes: $0) }
        }
        return all.max { $0.bytes < $1.bytes }
    }

    fileprivate static func size(of path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath))?[.size] as? NSNumber)?.intValue
            ?? 0
    }

    private static func modalities(_ facts: MetadataReader) -> [Modality] {
        guard let table = facts.section("modalities") else { return [] }
        return table.fields.keys.sorted().compactMap { name in
            guard let one = table.section(name) else { return nil }
            return Modality(
                name: name, kind: one.string("kind") ?? "", isInput: one.bool("input") ?? false, isOutput: one.bool("output") ?? false,
                vocabulary: one.int("vocab_size"), maxLength: one.int("max_length"), maxTokens: one.int("max_tokens"),
                channels: one.int("channels") ?? one.int("embedding_dim"), grid: one.pair("grid"), imageSize: one.pair("image_size"),
                patchSize: one.pair("patch_size"))
        }
    }

    private static func function(
        _ graph: Graph, _ facts: MetadataReader, _ typical: TypicalSizes, _ chosen: Binding, _ peaks: MachinePeaks?
    ) -> Function {
        let sizes = typical.binding(for: graph, chosen)
        var (costs, cost, problem): (FunctionCosts?, CallCost?, String?)
        do {
            let made = try FunctionCosts(graph, sizes)
            (costs, cost) = (made, try CallCost(graph, made))
        } catch {
            problem = CostProblem.text(error, graph, sizes)
        }
        let (docs, denotations) = (facts.section("value_docs"), facts.section("value_denotations"))
        func port(_ name: String, _ type: ValueType) -> Port {
            Port(
                name: name, type: type.description, about: docs?.string(name), denotations: denotations?.strings(name) ?? [])
        }
        return Function(
            name: graph.name, about: description(of: graph.name, facts), nodes: graph.nodeCount,
            inputs: graph.signature.inputs.map { port($0.name, $0.type) },
            outputs: graph.signature.outputs.map { port($0.name, $0.type) }, sizes: sizes,
            cost: cost, costProblem: problem,
            leastMilliseconds: peaks.flatMap { peaks in costs.flatMap { try? $0.leastCallSeconds(graph, on: peaks) } }.map { $0 * 1e3 })
    }

    /// The metadata's sentence about `name`; `logits.*` speaks of all functions `logits.…`.
    private static func description(of name: String, _ facts: MetadataReader) -> String? {
        guard let texts = facts.section("functions") else { return nil }
        return texts.string(name) ?? name.split(separator: ".").first.flatMap { texts.string("\($0).*") }
    }
}
