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
        let (first, last) = ends(of: tensor, most)
        return One(key: key, type: tensor.type.description, count: tensor.count, first: first, last: last)
    }

    /// The elements of a tensor of at most `most` ones; of a larger one half as many from each end.
    static func ends(of tensor: Tensor, _ most: Int) -> (first: [ArrayElement], last: [ArrayElement]?) {
        let (count, end) = (tensor.count, most / 2)
        func elements(_ range: Range<Int>) -> [ArrayElement] { ArrayElement.all(of: tensor.picking(Array(range))) }
        if count <= most { return (elements(0..<count), nil) }
        return (elements(0..<end), elements((count - end)..<count))
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
        let paths = try TensorValues.write(constants.compactMap { constant in constant.tensor.map { (constant.key, $0) } }, to: folder)
        for index in tensors.indices { tensors[index].file = paths[tensors[index].key] }
    }

    /// Writes each tensor to `folder` as `.npy`; gives the paths by key.
    /// - Throws: as ``save(to:)``.
    static func write(_ tensors: [(key: String, tensor: Tensor)], to folder: String) throws -> [String: String] {
        let keys = Set(tensors.map(\.key))
        var named: [String: (key: String, tensor: Tensor)] = [:]
        for (key, tensor) in tensors {
            guard tensor.dtype != .string else {
                throw WorkError("tensor '\(key)' holds texts, which .npy files cannot; leave it out", .content)
            }
            named[TensorFileName.of(key, among: keys)] = (key, tensor)
        }
        let paths = try TensorFolder.writeNumpy(named.mapValues(\.tensor), to: folder)
        let files = paths.compactMap { name, path in named[name].map { ($0.key, path) } }
        return Dictionary(files, uniquingKeysWith: { first, _ in first })
    }

    private enum CodingKeys: String, CodingKey { case model, stage, tensors }
}
