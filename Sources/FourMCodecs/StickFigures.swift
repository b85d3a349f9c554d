import FourMText
import Media

/// People as stick figures with the bones of an average adult.
///
/// The body model (SMPL) is licensed and not part of this program; its 24 joints and their tree are public (SMPL: A Skinned Multi-Person
/// Linear Model, 2015). Bone lengths here are round numbers, the shape coefficients are ignored, and the camera is weak-perspective: the
/// figures show how a body is bent and where it stands, not its surface.
struct StickFigures {
    let poses: HumanPoses

    init(_ poses: HumanPoses) { self.poses = poses }

    static let parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]

    /// Metres from the parent joint in the rest pose, arms spread: x to the person's left, y up, z forward. The first is the pelvis.
    private static let bones: [[Float]] = [
        [0, -0.22, 0.03], [0.07, -0.09, 0], [-0.07, -0.09, 0], [0, 0.11, -0.02], [0.03, -0.38, 0], [-0.03, -0.38, 0], [0, 0.14, 0],
        [0, -0.41, -0.03], [0, -0.41, -0.03], [0, 0.06, 0.02], [0.03, -0.06, 0.12], [-0.03, -0.06, 0.12], [0, 0.21, -0.03],
        [0.08, 0.12, -0.02], [-0.08, 0.12, -0.02], [0, 0.14, 0.04], [0.1, 0.03, 0], [-0.1, 0.03, 0], [0.26, 0, 0], [-0.26, 0, 0],
        [0.25, 0, 0], [-0.25, 0, 0], [0.08, 0, 0], [-0.08, 0, 0],
    ]

    /// Joints `[24][3]` in camera coordinates (y down), nil without decoded joint rotations.
    static func joints(_ pose: HumanPose) -> [[Float]]? {
        guard let body = pose.bodyPose, body.count == 23 else { return nil }
        let local = [pose.globalOrientation] + body
        guard local.allSatisfy({ $0.count == 3 && $0.allSatisfy { $0.count == 3 } }) else { return nil }
        var turned: [[[Float]]] = []
        var places: [[Float]] = []
        for joint in bones.indices {
            guard joint > 0 else {
                turned.append(local[0])
                places.append(bones[0])
                continue
            }
            let parent = parents[joint]
            let (a, b) = (turned[parent], local[joint])
            let columns = (0..<3).map { column in applied(a, [b[0][column], b[1][column], b[2][column]]) }
            turned.append((0..<3).map { row in columns.map { $0[row] } })
            places.append(zip(places[parent], applied(a, bones[joint])).map { $0 + $1 })
        }
        return places
    }

    private static func applied(_ matrix: [[Float]], _ vector: [Float]) -> [Float] {
        matrix.map { $0[0] * vector[0] + $0[1] * vector[1] + $0[2] * vector[2] }
    }

    /// Joints as pixels of a picture of 224 × 224.
    static func pixels(_ pose: HumanPose) -> [(x: Double, y: Double)]? {
        guard let joints = joints(pose), pose.camera.count == 3, pose.boxCenter.count == 2 else { return nil }
        let scale = pose.camera[0] * pose.boxSize / 2
        return joints.map { joint in
            (
                x: Double((joint[0] + pose.camera[1]) * scale + pose.boxCenter[0]),
                y: Double((joint[1] + pose.camera[2]) * scale + pose.boxCenter[1])
            )
        }
    }

    /// Draws each person's box and, where joints are known, its figure.
    func draw(on canvas: inout ByteImage) throws {
        let (sx, sy) = (Double(canvas.width) / 224, Double(canvas.height) / 224)
        let palette = LabelPalette.distinct(poses.people.count)
        let boxes = poses.people.enumerated().map { index, pose in
            LabeledBox(
                xMin: Double(pose.box[0]) * sx, yMin: Double(pose.box[1]) * sy, xMax: Double(pose.box[2]) * sx,
                yMax: Double(pose.box[3]) * sy, label: "person \(index + 1)", color: palette[index])
        }
        try canvas.draw(boxes: boxes)
        for (index, pose) in poses.people.enumerated() {
            guard let joints = StickFigures.pixels(pose)?.map({ (x: $0.x * sx, y: $0.y * sy) }) else { continue }
            for joint in 1..<joints.count {
                try canvas.lines([joints[StickFigures.parents[joint]], joints[joint]], palette[index], thickness: 3 * canvas.markScale)
            }
            try canvas.lines([joints[15]], palette[index], thickness: 10 * canvas.markScale)
        }
    }
}

extension HumanPose {
    /// A person upright before the camera, in the middle of the picture, with the given joint rotations.
    static func standing(_ rotations: [[[Float]]]) -> HumanPose {
        var pose = HumanPose(
            box: [12, 12, 212, 212], camera: [0.95, 0, -0.03], betas: [Float](repeating: 0, count: 10),
            globalOrientation: [[1, 0, 0], [0, -1, 0], [0, 0, -1]], poseTokens: [])
        pose.bodyPose = rotations
        return pose
    }
}
