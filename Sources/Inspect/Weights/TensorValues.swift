import IR
import Passes

/// The numbers of some of a model's tensors.
package struct TensorValues: Encodable {
    package struct One: Encodable {
        package let key, type: String
        /// Numbers of the whole tensor.
        package let count: Int
        /// The first ones, in the order of the tensor, the last index fastest.
        package let first: [ArrayElement]
        /// The last ones; absent where ``first`` has all.
        package let last: [ArrayElement]?
        /// The file that the tensor was written to; absent where none was asked for.
        package var file: String?
    }

    package let model, stage: String
    /// By key.
    package internal(set) var tensors: [One]
    private let constants: [Constant]

    /// Tensors of more numbers show their ends alone.
    package static let most = 1000

    /// - Parameters:
    ///   - pattern: keys to look at.
    ///   - isWanted: leaves out more.
    /// - Throws: ``WorkError`` where no key fits.
    package init(_ module: Module, pattern: NamePattern, where isWanted: (String) -> Bool = { _ in true }) throws {
        (model, stage) = (module.name, module.stage.rawValue)
        constants = try WeightReport.chosen(module, pattern, where: isWanted)
        tensors = constants.compactMap { constant in constant.tensor.map { TensorValues.one(constant.key, $0) } }
    }

    private static func one(_ key: String, _ tensor: Tensor) -> One {
        let (count, end) = (tensor.count, most / 2)
        func elements(_ range: Range<Int>) -> [ArrayElement] { ArrayElement.all(of: tensor.picking(Array(range))) }
        let isWhole = count <= most
        return One(
            key: key, type: tensor.type.description, count: count, first: elements(0..<(isWhole ? count : end)),
            last: isWhole ? nil : elements((count - end)..<count))
    }

    /// The report for people.
    package func text(bold: (String) -> String = { $0 }) -> String {
        let files = Dictionary(tensors.map { ($0.key, $0.file) }, uniquingKeysWith: { first, _ in first })
        let parts = constants.compactMap { constant -> String? in
            guard let tensor = constant.tensor else { return nil }
            let file = (files[constant.key] ?? nil).map { "  \($0)" } ?? ""
            return "\(bold(constant.key)): \(tensor.type)\(file)\n\(ArrayText(tensor, most: TensorValues.most).text)\n"
        }
        return parts.joined(separator: "\n")
    }

    /// Writes each tensor to `folder` as `.npy`, and says in ``tensors`` where it is. Types that NumPy lacks become wider ones.
    /// - Throws: ``WorkError`` for texts, and for keys that cannot be names of files; `CheckpointError` where the disk takes no more.
    package mutating func save(to folder: String) throws {
        let keys = Set(constants.map(\.key))
        var named: [String: (key: String, tensor: Tensor)] = [:]
        for constant in constants {
            guard let tensor = constant.tensor else { continue }
            guard tensor.dtype != .string else {
                throw WorkError("tensor '\(constant.key)' holds texts, which .npy files cannot; leave it out", .content)
            }
            named[TensorFileName.of(constant.key, among: keys)] = (constant.key, tensor)
        }
        let paths = try TensorFolder.writeNumpy(named.mapValues(\.tensor), to: folder)
        let files = paths.compactMap { name, path in named[name].map { ($0.key, path) } }
        let byKey = Dictionary(files, uniquingKeysWith: { first, _ in first })
        for index in tensors.indices { tensors[index].file = byKey[tensors[index].key] }
    }

    private enum CodingKeys: String, CodingKey { case model, stage, tensors }
}
