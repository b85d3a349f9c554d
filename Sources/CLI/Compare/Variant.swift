import FourMModels
import IR
import Inspect
import Passes
import Runtime

extension CompareCommand {
    /// One side of a comparison.
    struct Variant {
        /// As its file has it.
        let imported: Module
        let plan: Plan
        let function: String
        /// The function as imported; of a compiled model, as it runs.
        let graph: Graph
        /// Names of the nodes that give what the function does.
        let results: Set<String>
        /// Whose values its nodes give.
        let stands: StandIns
        /// What its nodes were made of; nil of a compiled model.
        private let origins: NodeOrigins?

        /// - Parameters:
        ///   - name: of the function; nil for the only one.
        ///   - call: for a model whose structure depends on its inputs.
        ///   - flag: one that says how the model is to be compiled, which a compiled one refuses.
        init(
            _ model: String, _ name: String?, _ policy: PrecisionPolicy, _ options: PassOptions, _ call: CallOptions, refusing flag: String?
        ) throws {
            let opened = try OpenModel.read(model, bind: call.bind, inputs: call.inputs)
            function = try opened.module.soleFunction(name)
            imported = try opened.module.selecting([function])
            if let artifact = opened.artifact {
                if let flag { throw Refusal.usage("\(flag): \(model) is compiled already; leave it out, or give the checkpoint") }
                plan = try artifact.plan()
                (stands, origins) = (StandIns(), nil)
            } else {
                try policy.requireRanges()
                try policy.requireFits([imported])
                var recording = options
                recording.recordsOrigins = true
                let lowered = try ModelLoader.rewritten(imported, to: .lowered, recording, precision: policy)
                plan = try Plan(lowered: lowered.module)
                (stands, origins) = (StandIns(lowered, of: imported), lowered.origins)
            }
            let planned = try plan.function(function)
            graph = imported.function(function) ?? planned
            results = Set(planned.outputs.compactMap { planned.producer(of: $0.value)?.name })
        }

        /// Operators and names of the nodes that the nodes called `name` were made of; none of a compiled model.
        func sources(of name: String) -> [String] {
            guard let origins, let graph = plan.module.function(function) else { return [] }
            var seen: Set<String> = []
            return graph.nodes.filter { $0.name == name }.flatMap { origins.sources(of: $0, in: function) }
                .filter { seen.insert($0).inserted }
        }

        func run(_ inputs: [String: Tensor], _ binding: Binding, into trace: NodeTrace) throws {
            let session = Session(plan)
            // The first run plans, and takes memory.
            _ = try session.run(function, inputs, binding: binding)
            trace.listen(to: session, function: function)
            _ = try session.run(function, inputs, binding: binding)
        }
    }
}
