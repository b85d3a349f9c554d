import IR
import Passes

/// What values outside of models are like; the shape of its JSON.
package struct TensorFileReport: Encodable {
    package struct One: Encodable {
        package let name: String
        /// What the file itself calls it; absent where that is the same, or nothing.
        package let title: String?
        /// The file that holds it.
        package let file: String
        /// `f32[2, 3]`; of a sequence and an optional, what it holds.
        package let type: String
        /// Of tensors of numbers.
        package let statistics: WeightStatistics?
        /// The first elements of a tensor, in its order: all, or where there are more than the report holds the first and the last.
        package let first, last: [ArrayElement]?
        /// The file that it was written to; absent where none was asked for.
        package var saved: String?
        /// The tensor itself.
        let tensor: Tensor?

        private enum CodingKeys: String, CodingKey { case name, title, file, type, statistics, first, last, saved }
    }

    /// Elements of a tensor that the report holds where its values are not asked for.
    static let few = 8

    package let path: String
    /// Why this is no report on a model; absent for files of arrays.
    package let note: String?
    /// Values that were found, and bytes of their tensors.
    package let count, bytes: Int
    /// A sequence stands before its items.
    package internal(set) var values: [One]

    /// - Parameters:
    ///   - pattern: names to look at; nil for all.
    ///   - order: of the values; nil for that of their names.
    ///   - top: values that ``values`` has at most.
    ///   - hasValues: whether it holds up to ``TensorValues/most`` elements of each tensor rather than ``few``.
    ///   - onProgress: is told the share that is done and the next name; may throw to stop.
    /// - Throws: ``WorkError`` where no name fits; what `onProgress` throws.
    package init(
        _ source: TensorFile, pattern: NamePattern? = nil, order: WeightReport.Order? = nil, top: Int? = nil,
        hasValues: Bool = false, onProgress: (Double, String) throws -> Void = { _, _ in }
    ) throws {
        let flat = source.entries.flatMap { FlatValue.all($0) }
        try self.init(
            source.path, note: nil, flat, pattern, order, top, nil, hasValues ? TensorValues.most : TensorFileReport.few, onProgress)
    }

    /// Tensors of a checkpoint of no known family.
    /// - Parameter most: about how many numbers of a tensor to look at; nil for all.
    package init(
        path: String, note: String, file: String, tensors: [String: Constant], pattern: NamePattern? = nil,
        order: WeightReport.Order? = nil, top: Int? = nil, sampling most: Int? = nil,
        hasValues: Bool = false, onProgress: (Double, String) throws -> Void = { _, _ in }
    ) throws {
        let keys = tensors.keys.sorted(by: KeyOrder.precedes)
        let flat = keys.compactMap { key in
            tensors[key]?.tensor.map { FlatValue(name: key, title: nil, file: file, type: "\($0.type)", tensor: $0, isWeight: true) }
        }
        try self.init(path, note: note, flat, pattern, order, top, most, hasValues ? TensorValues.most : TensorFileReport.few, onProgress)
    }

    private init(
        _ path: String, note: String?, _ all: [FlatValue], _ pattern: NamePattern?, _ order: WeightReport.Order?, _ top: Int?,
        _ most: Int?, _ elements: Int, _ onProgress: (Double, String) throws -> Void
    ) throws {
        let chosen = all.filter { pattern?.fits($0.name) ?? true }
        if chosen.isEmpty, let pattern {
            let some = all.prefix(3).map(\.name).joined(separator: ", ")
            throw WorkError("\(pattern): no value of \(path) has such a name; * stands for any characters, and there are \(some), …")
        }
        let total = chosen.reduce(0) { $0 + Double($1.tensor?.bytes.count ?? 0) }
        var (made, done): ([One], Double) = ([], 0)
        for value in chosen {
            try onProgress(total > 0 ? done / total : 1, value.name)
            made.append(value.one(most, elements))
            done += Double(value.tensor?.bytes.count ?? 0)
        }
        (self.path, self.note, count, bytes) = (path, note, made.count, Int(min(total, 9e18)))
        if let order {
            let statistics = WeightReport.sorted(made.compactMap(\.statistics), order).map(\.key)
            let places = Dictionary(zip(statistics, statistics.indices), uniquingKeysWith: { first, _ in first })
            made.sort { places[$0.name] ?? .max < places[$1.name] ?? .max }
        }
        values = top.map { Array(made.prefix($0)) } ?? made
    }

    /// Writes each tensor to `folder` as `.npy`, and says in ``values`` where it is.
    /// - Throws: as ``TensorValues/save(to:)``.
    package mutating func save(to folder: String) throws {
        let tensors = values.compactMap { value in value.tensor.map { (value.name, $0) } }
        let paths = try TensorValues.write(tensors, to: folder)
        for index in values.indices where values[index].tensor != nil { values[index].saved = paths[values[index].name] }
    }
}

/// A value, or an item of one.
private struct FlatValue {
    let name: String
    let title: String?
    let file, type: String
    let tensor: Tensor?
    /// Whether it is of a checkpoint.
    var isWeight = false

    /// `entry`, and what it holds.
    static func all(_ entry: TensorFile.Entry) -> [FlatValue] {
        let flat = all(entry.name, entry.value, entry.file, entry.title)
        guard entry.mayBeOptional, let first = flat.first else { return flat }
        let open = FlatValue(name: first.name, title: first.title, file: first.file, type: first.type + ", or an optional", tensor: nil)
        return [open] + flat.dropFirst()
    }

    private static func all(_ name: String, _ value: Datum, _ file: String, _ title: String?) -> [FlatValue] {
        let own = FlatValue(name: name, title: title, file: file, type: value.kind, tensor: value.tensor)
        switch value {
        case .tensor: return [own]
        case .sequence(let items):
            return [own] + items.enumerated().flatMap { all("\(name)[\($0.offset)]", $0.element, file, nil) }
        case .optional(let inner): return [own] + (inner.map { all("\(name)[0]", $0, file, nil) } ?? [])
        }
    }

    func one(_ most: Int?, _ elements: Int) -> TensorFileReport.One {
        let isNumbers = tensor.map { $0.dtype != .string } ?? false
        let constant = isNumbers ? tensor.map { Constant(key: name, $0) } : nil
        // Nobody knows how they are read; most checkpoints hold matrices with rows that products sum over.
        let axis = constant.flatMap { isWeight && $0.type.rank == 2 && $0.type.dtype.isFloat ? 1 : nil }
        let ends = tensor.map { TensorValues.ends(of: $0, elements) }
        let statistics = constant.map { WeightStatistics($0, sampling: most, axis: axis) }
        if most != nil { tensor?.bytes.evict() }
        return TensorFileReport.One(
            name: name, title: title, file: file, type: type, statistics: statistics, first: ends?.first, last: ends?.last, tensor: tensor)
    }
}
