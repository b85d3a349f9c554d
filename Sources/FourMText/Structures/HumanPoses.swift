/// One person of a `human_poses` string: the parameters of the SMPL body model and of the camera.
package struct HumanPose: Sendable, Equatable, Codable {
    /// `[4]`: xmin, ymin, xmax, ymax in pixels of a 224 x 224 picture.
    package var box: [Float]
    /// `[2]`: centre of the box in pixels.
    package var boxCenter: [Float]
    /// Larger side of the box in pixels; negative when the predicted corners are swapped.
    package var boxSize: Float
    /// `[3]`: weak-perspective camera.
    package var camera: [Float]
    /// `[10]`: SMPL shape coefficients.
    package var betas: [Float]
    /// `[3][3]`: rotation matrix of the body.
    package var globalOrientation: [[Float]]
    /// `[8]`: codes 0 to 1023 for the pose tokenizer, which decodes them to 23 joint rotations.
    package var poseTokens: [Int]
    /// `[23][3][3]`: the joints' rotations, once the pose tokenizer has decoded them.
    package var bodyPose: [[[Float]]]?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case box = "bbox_xyxy"
        case boxCenter = "box_center"
        case boxSize = "box_size"
        case camera = "pred_cam"
        case betas
        case globalOrientation = "global_orient"
        case poseTokens = "pose_tokens"
        case bodyPose = "body_pose"
    }

    package init(box: [Float], camera: [Float], betas: [Float], globalOrientation: [[Float]], poseTokens: [Int]) {
        let corners = box + [Float](repeating: 0, count: max(4 - box.count, 0))
        self.box = corners
        boxCenter = [(corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2]
        boxSize = max((boxCenter[0] - corners[0]) * 2, (boxCenter[1] - corners[1]) * 2)
        (self.camera, self.betas, self.globalOrientation, self.poseTokens) = (camera, betas, globalOrientation, poseTokens)
    }
}

/// The people of a `human_poses` string; `none` stands for nobody.
///
/// Each person takes 39 words: a word (`human`, whatever it is) and 4 values for the box, then in any order `camera`
/// (3 values), `shape` (10), `global` (9) and `pose` (8; `v1` adds 512). Source: `visualize_human_poses` in
/// `fourm/utils/plotting_utils.py`. People with missing or malformed parts are dropped and named in `warnings`.
package struct HumanPoses: Sendable, Equatable, Codable {
    package var people: [HumanPose]
    package var warnings: [String]

    private static let wordsPerPerson = 39

    package init(people: [HumanPose]) { (self.people, warnings) = (people, []) }

    /// The `human_poses` string, its parts in the order pose, global, camera, shape (the reference draws an order for each person).
    /// Source: `convert_humanposes_to_string` in `fourm/data/modality_transforms.py`.
    package var text: String { text { _ in Array(0..<4) } }

    /// The same with the four parts of each person in an order of its own.
    package func text(order: (_ person: Int) -> [Int]) -> String {
        people.isEmpty ? "none" : people.enumerated().map { $1.words(order($0)) }.joined(separator: " ")
    }

    /// Reads a decoded string.
    package init(parsing text: String) {
        people = []
        warnings = []
        let words = StructureWords.words(text)
        guard words != ["none"] else { return }
        var start = 0
        while start + Self.wordsPerPerson <= words.count {
            let part = words[start..<start + Self.wordsPerPerson]
            start += Self.wordsPerPerson
            do throws(PoseFault) {
                people.append(try HumanPose(words: part))
            } catch {
                warnings.append("person \(start / Self.wordsPerPerson) was dropped: \(error.reason)")
            }
        }
        if start < words.count {
            warnings.append("the last \(words.count - start) words are no whole person (39 words) and were dropped")
        }
    }
}

private struct PoseFault: Error {
    var reason: String
}

extension HumanPose {
    /// 39 words; values are clipped to the bins there are. `order` is that of pose, global, camera and shape.
    fileprivate func words(_ order: [Int]) -> String {
        func bin(_ value: Double) -> Int { Int((value.isNaN ? 0 : min(max(value, 0), 999)).rounded(.toNearestOrEven)) }
        func values(_ list: [Float], _ scale: Double, _ offset: Double) -> [String] {
            list.map { "v0=\(bin(Double($0) * scale + offset))" }
        }
        let corners = box.enumerated().map { "v\($0)=\(bin(Double($1) / 224 * 999))" }
        let pose = poseTokens.map { $0 < 512 ? "v0=\($0)" : "v1=\($0 - 512)" }
        let parts = [
            ["pose"] + pose, ["global"] + values(globalOrientation.flatMap { $0 }, 499.5, 499.5), ["camera"] + values(camera, 49.95, 49.95),
            ["shape"] + values(betas, 166.5, 499.5),
        ]
        return (["human"] + corners + order.filter(parts.indices.contains).flatMap { parts[$0] }).joined(separator: " ")
    }

    fileprivate init(words: ArraySlice<Substring>) throws(PoseFault) {
        guard let first = words.first, StructureWords.coordinate(first) == nil else {
            throw PoseFault(reason: "it starts with a value instead of a word")
        }
        box = try Self.part(first, 4, words).map { Float(Double($0.value) / 999 * 224) }
        boxCenter = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
        boxSize = max((boxCenter[0] - box[0]) * 2, (boxCenter[1] - box[1]) * 2)
        camera = try Self.part("camera", 3, words).map { Float((Double($0.value) - 49.95) / 49.95) }
        betas = try Self.part("shape", 10, words).map { Float((Double($0.value) - 499.5) / 166.5) }
        let orientation = try Self.part("global", 9, words).map { Float((Double($0.value) - 499.5) / 499.5) }
        globalOrientation = stride(from: 0, to: 9, by: 3).map { Array(orientation[$0..<$0 + 3]) }
        poseTokens = try Self.part("pose", 8, words).map { $0.axis == 1 ? $0.value + 512 : $0.value }
        guard poseTokens.allSatisfy({ $0 < 1024 }) else { throw PoseFault(reason: "a pose code is above 1023") }
    }

    private static func part(
        _ name: Substring, _ count: Int, _ words: ArraySlice<Substring>
    ) throws(PoseFault) -> [StructureWords.Coordinate] {
        guard let index = words.firstIndex(of: name) else { throw PoseFault(reason: "\"\(name)\" is missing") }
        guard let values = StructureWords.values(words, from: index + 1, count: count) else {
            throw PoseFault(reason: "\"\(name)\" is not followed by \(count) values")
        }
        return values
    }
}
