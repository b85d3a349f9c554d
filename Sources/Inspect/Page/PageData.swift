/// What the page of a model shows; its JSON is what `page.js` reads (version 1).
///
/// References are short texts: `n12.0` is result 0 of node 12 of the same function, `i0` its input 0, `w5` weight 5 of ``weights``, the
/// empty one an operand that is absent.
package struct PageData: Encodable, Sendable {
    package let version = 1
    package let generator = "tessera"
    package var title: String
    package var stage: String
    /// Titles and values, in order.
    package var summary: [[String]]
    /// What is unusual.
    package var notes: [String]
    /// Numbers that nodes have.
    package var metrics: [Metric]
    /// Operators that occur, by name.
    package var ops: [String: OperatorText]
    package var weights: [Weight]
    /// Pictures, shared between blocks of the same structure.
    package var layouts: [Layout]
    /// The same from the left to the right, in the order of ``layouts``; null for those that are not there.
    package var layoutsRight: [Layout?]
    package var functions: [Function]

    package struct Metric: Encodable, Sendable, Equatable {
        package let key, label, unit: String
    }

    package struct OperatorText: Encodable, Sendable {
        package let summary, formula: String
    }

    package struct Port: Encodable, Sendable {
        package let name, type: String
    }

    package struct Output: Encodable, Sendable {
        package let name, type, from: String
    }

    package struct Function: Encodable, Sendable {
        package let name: String
        package let about: String?
        /// Under which the numbers hold: `batch=1, tokens=196`.
        package let sizes: String
        package let isPrivate: Bool
        package let inputs: [Port]
        package let outputs: [Output]
        /// Titles and values, in order.
        package let facts: [[String]]
        package let nodes: [Node]
        /// The root first.
        package let groups: [Group]
        package let memory: Memory?

        private enum CodingKeys: String, CodingKey {
            case name, about, sizes, inputs, outputs, facts, nodes, groups, memory
            case isPrivate = "private"
        }
    }

    package struct Node: Encodable, Sendable {
        package let name, op: String
        /// References to operands.
        package let operands: [String]
        /// Types of results.
        package let results: [String]
        /// What the ONNX file calls the results; nil where it names none.
        package let valueNames: [String?]?
        /// What it calls: as what, and the function's name.
        package let calls: [[String]]?
        /// What is wrong with it.
        package let fault: String?
        /// Names and values.
        package let attributes: [[String]]
        package var flops, bytes, milliseconds, error: Double?
        /// `compute` or `memory`.
        package var bound: String?
        /// What it was fused from.
        package var sources: [String]?
        /// The ONNX nodes it came from; nil where there are none.
        package var onnx: [ONNXNodeView]?

        private enum CodingKeys: String, CodingKey {
            case name, op, calls, fault, flops, bytes, error, bound, sources, onnx
            case valueNames = "values"
            case operands = "in"
            case results = "out"
            case attributes = "attrs"
            case milliseconds = "ms"
        }
    }

    /// Nodes and smaller groups whose names begin alike: a block of ``BlockTree``.
    package struct Group: Encodable, Sendable {
        package let path, title: String
        /// -1 for the root.
        package let parent: Int
        package let nodes, children: [Int]
        /// Index in ``PageData/layouts``; -1 for none.
        package let layout: Int
        /// What each box of the layout is: node `n12`, group `g5`, a value from outside `x:n3.0`, input `i0`, output `o0`, a reader
        /// outside `x>:n17`.
        package let items: [String]
    }

    /// Memory of results while a function runs.
    package struct Memory: Encodable, Sendable {
        /// After each node.
        package let bytes: [Int]
        /// Index of the node at which it is largest.
        package let peak: Int
        package let alive: [Alive]

        package init(bytes: [Int], peak: Int, alive: [Alive]) { (self.bytes, self.peak, self.alive) = (bytes, peak, alive) }

        /// A value that is alive at the peak.
        package struct Alive: Encodable, Sendable {
            package let name, type: String
            package let bytes: Int

            package init(name: String, type: String, bytes: Int) { (self.name, self.type, self.bytes) = (name, type, bytes) }

            package func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(name)
                try list.encode(type)
                try list.encode(bytes)
            }
        }
    }
}
