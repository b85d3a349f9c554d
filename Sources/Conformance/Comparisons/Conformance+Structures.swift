import Formats
import Foundation
import FourMText

/// Compares the readers of structures with a golden file of kind `structures`.
///
/// Texts on which the official function raises (`official_error`) must be reported in `warnings`, unless empty.
///
/// - Parameters:
///   - json: the case's data file (`parameters.file`).
///   - tokenizer: the 4M vocabulary.
///   - tolerance: for real numbers.
/// - Returns: one line for each difference, none when all is equal.
package func compareStructuresCase(
    json: Data, tokenizer: TextTokenizer,
    tolerance: Tolerance = Tolerance(absolute: 1e-6, relative: 1e-6)
) -> [String] {
    var comparison = StructureComparison(file: ConformanceFile(json), tokenizer: tokenizer, tolerance: tolerance)
    comparison.each("det") { $0.compareBoxes($1, $2, $3) }
    comparison.each("color_palette") { $0.comparePalette($1, $2, $3) }
    comparison.each("metadata") { $0.compareMetadata($1, $2, $3) }
    comparison.each("human_poses") { $0.comparePoses($1, $2, $3) }
    comparison.each("sam_instance") { $0.compareInstances($1, $2, $3) }
    comparison.compareDecodedTexts()
    comparison.compareEncodedMetadata()
    return comparison.file.failures
}

private struct StructureComparison {
    var file: ConformanceFile
    let tokenizer: TextTokenizer
    let tolerance: Tolerance

    /// Runs `body` with each entry of `key`, its text and its place.
    mutating func each(_ key: String, _ body: (inout StructureComparison, ConfigValue, String, String) -> Void) {
        for (index, entry) in file.entries(key).enumerated() {
            let place = "\(key)[\(index)]"
            if let text = entry["text"]?.string {
                body(&self, entry, text, place)
            } else {
                file.fail("\(place): no text")
            }
        }
    }

    /// Whether the official function raises; then a warning must tell why.
    private mutating func raises(_ entry: ConfigValue, _ text: String, _ warnings: [String], _ place: String) -> Bool {
        guard let error = entry["official_error"]?.string else { return false }
        if warnings.isEmpty, !text.isEmpty { file.fail("\(place): no warning where the reference raises \(error)") }
        return true
    }

    mutating func compareBoxes(_ entry: ConfigValue, _ text: String, _ place: String) {
        let found = DetectedBoxes(parsing: text, keepsSpecialTokens: true)
        if raises(entry, text, found.warnings, place) { return }
        let expected = entry["value"]?.array
        file.expect(found.boxes.map(\.label), expected?.compactMap { $0.array?.last?.string }, "\(place).class")
        file.expect(
            found.boxes.flatMap { [$0.xMin, $0.yMin, $0.xMax, $0.yMax] },
            near: expected?.flatMap { $0.array?.dropLast().compactMap(\.double) ?? [] }, tolerance, place)
    }

    mutating func comparePalette(_ entry: ConfigValue, _ text: String, _ place: String) {
        let found = ColorPalette(parsing: text)
        if raises(entry, text, found.warnings, place) { return }
        file.expect(found.colors.map { $0.map { Int($0) } }, entry["value"]?.array?.compactMap(\.ints), place)
    }

    mutating func compareMetadata(_ entry: ConfigValue, _ text: String, _ place: String) {
        let parts = Metadata.parts(StructureWords.rawWords(text)).map { $0.map { String($0) } }
        file.expect(parts, entry["split"]?.array?.compactMap(\.strings), "\(place).split")
        let found = Metadata(parsing: text)
        if raises(entry, text, found.warnings, place) { return }
        let fields = MetadataField.allCases.filter { found.values[$0] != nil }
        file.expect(fields.map(\.rawValue), entry["value"]?.object?.map(\.key), "\(place).fields")
        file.expect(
            fields.compactMap { found.values[$0]?.number }, near: entry["value"]?.object?.compactMap(\.value.double),
            tolerance, place)
    }

    mutating func comparePoses(_ entry: ConfigValue, _ text: String, _ place: String) {
        let found = HumanPoses(parsing: text).people
        let expected = entry["value"]?.array
        file.expect(found.count, expected?.count, "\(place).count")
        for (pose, expected) in zip(found, expected ?? []) {
            file.expect(pose.poseTokens, expected["pose_tokens"]?.ints, "\(place).pose_tokens")
            let parts: [(String, [Float])] = [
                ("betas", pose.betas), ("global_orient", pose.globalOrientation.flatMap { $0 }),
                ("pred_cam", pose.camera), ("box_center", pose.boxCenter), ("box_size", [pose.boxSize]),
            ]
            for (name, values) in parts {
                file.expect(values.map { Double($0) }, near: expected[name]?.flatNumbers, tolerance, "\(place).\(name)")
            }
        }
    }

    mutating func compareInstances(_ entry: ConfigValue, _ text: String, _ place: String) {
        let decoded = tokenizer.decode(tokenizer.encode(text).ids)
        file.expect(decoded, entry["decoded"]?.string, "\(place).decoded")
        let found = SamInstances(parsing: decoded).instances.map(\.tokens)
        let grids = entry["mask_tokens_4x4"]
        let expected = grids?.isNull == true ? [] : grids?.array?.compactMap(\.flatNumbers).map { $0.map { Int($0) } }
        file.expect(found, expected, "\(place).mask_tokens_4x4")
    }

    mutating func compareDecodedTexts() {
        for (index, entry) in file.entries("decode_text").enumerated() {
            let rows = entry["ids"]?.array?.compactMap(\.ints) ?? []
            let inputMasks = entry["input_mask"]?.array?.compactMap(\.bools) ?? []
            let targetMasks = entry["target_mask"]?.array?.compactMap(\.bools) ?? []
            guard !rows.isEmpty, rows.count == inputMasks.count, rows.count == targetMasks.count else {
                file.fail("decode_text[\(index)]: ids and masks do not match")
                continue
            }
            let found = rows.indices.map { row in
                tokenizer.decodeText(ids: rows[row], inputMask: inputMasks[row], targetMask: targetMasks[row])
            }
            compareTexts(found.map(\.input), entry["input_text"], "decode_text[\(index)].input_text")
            compareTexts(found.map(\.target), entry["target_text"], "decode_text[\(index)].target_text")
            compareTexts(found.map(\.merged), entry["merged_text"], "decode_text[\(index)].merged_text")
        }
    }

    /// The file holds a string for one row, an array for several.
    private mutating func compareTexts(_ found: [String], _ expected: ConfigValue?, _ place: String) {
        file.expect(found, expected?.strings ?? expected?.string.map { [$0] }, place)
    }

    mutating func compareEncodedMetadata() {
        for (index, entry) in file.entries("metadata_encode").enumerated() {
            let place = "metadata_encode[\(index)]"
            let members = entry["metadata"]?.object ?? []
            let entries = members.compactMap { member -> (field: MetadataField, value: MetadataValue)? in
                guard let field = MetadataField(rawValue: member.key), let value = member.value.double else {
                    return nil
                }
                return (field, member.value.int.map { .integer($0) } ?? .real(value))
            }
            file.expect(entries.count, members.count, "\(place).metadata")
            do throws(MetadataError) {
                file.expect(try Metadata.text(entries), entry["text"]?.string, place)
            } catch {
                file.fail("\(place): \(error)")
            }
        }
    }
}
