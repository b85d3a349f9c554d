import Formats
import FourMSettings
import FourMText
import IR
import Media

/// `human_poses`: parameters of the SMPL body model for each person.
struct PoseCodec: TextCodec {
    /// Reads a list of people, or `{"people": […]}`, each with the fields of ``HumanPose``; `pose_tokens` may be left out where `body_pose`
    /// (23 rotation matrices, 207 numbers) is given and the bundle has a pose tokenizer.
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String {
        try json.check(keys: ["people", "warnings"], "human_poses")
        let people = try json.list("people", "human_poses").enumerated().map { index, entry in
            let owner = "human_poses, person \(index + 1)"
            try entry.check(keys: HumanPose.CodingKeys.allCases.map(\.rawValue), owner)
            var pose = try HumanPose(json: entry, owner)
            if pose.poseTokens.isEmpty { pose.poseTokens = try tokens(entry, owner, context) }
            return pose
        }
        return HumanPoses(people: people).text
    }

    private func tokens(_ entry: ConfigValue, _ owner: String, _ context: CodecContext) throws -> [Int] {
        let rotations = try entry.numbers("body_pose", count: 207, owner)
        guard let tokenizer = try context.tokenizer("human_poses", .encoder) else {
            throw FourMError("\(owner): 'body_pose' needs the bundle's 'human_poses' tokenizer; give 'pose_tokens' instead")
        }
        let ids = try tokenizer.tokenize(Tensor(rotations.map { Float($0) }, [1, 207, 1, 1])).integers
        guard ids.count == 8 else { throw FourMError("\(owner): the pose tokenizer gives \(ids.count) codes, not 8") }
        return ids
    }

    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        var poses = HumanPoses(parsing: text)
        target.warnings += poses.warnings
        if !poses.people.isEmpty, let tokenizer = try context.tokenizer("human_poses", .decoder) {
            let decoded = try tokenizer.detokenize(tokenizer.layout(poses.people.map(\.poseTokens), grid: (1, 8)))
            for index in poses.people.indices { poses.people[index].bodyPose = JointCodec.rotations(decoded.row(index).floats) }
        } else if !poses.people.isEmpty {
            target.warnings.append("the bundle has no 'human_poses' tokenizer, so that joints stay pose_tokens")
        }
        target.json = try CodecJSON.text(poses)
        target.overlay = .people(poses)
        target.footer = Counted.text(poses.people.count, "person", "people")
    }
}

extension HumanPose {
    /// - Throws: ``FourMError`` naming the field.
    init(json: ConfigValue, _ owner: String) throws {
        func floats(_ key: String, _ count: Int) throws -> [Float] { try json.numbers(key, count: count, owner).map { Float($0) } }
        let orientation = try floats("global_orient", 9)
        let tokens = json["pose_tokens"] == nil ? [] : try json.codes("pose_tokens", count: 8, owner)
        self.init(
            box: try floats("bbox_xyxy", 4), camera: try floats("pred_cam", 3), betas: try floats("betas", 10),
            globalOrientation: stride(from: 0, to: 9, by: 3).map { Array(orientation[$0..<$0 + 3]) }, poseTokens: tokens)
    }
}

/// Joint rotations for and from the pose tokenizer.
struct JointCodec: DenseCodec {
    var writesJSON: Bool { true }

    /// 23 rotation matrices `[23][3][3]` of 207 numbers; nil for another count.
    static func rotations(_ values: [Float]) -> [[[Float]]]? {
        guard values.count == 207 else { return nil }
        return (0..<23).map { joint in (0..<3).map { row in (0..<3).map { values[joint * 9 + row * 3 + $0] } } }
    }

    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) { throw noPicture(path, form) }

    func picture(_ decoded: Tensor) throws -> ByteImage? {
        try JointCodec.rotations(decoded.floats).flatMap { try Overlay.people(HumanPoses(people: [.standing($0)])).drawn(on: nil) }
    }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        target.values = decoded.reshaped([decoded.count])
        target.json = try JointCodec.rotations(decoded.floats).map { try CodecJSON.text(["body_pose": $0]) }
        target.picture = try picture(decoded)
    }
}
