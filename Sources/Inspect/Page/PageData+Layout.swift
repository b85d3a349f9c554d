extension PageData {
    /// Where the boxes of a picture lie and how its arrows go; points, y down.
    package struct Layout: Encodable, Sendable, Equatable {
        package let width, height: Int
        package let boxes: [Box]
        package let arrows: [Arrow]

        private enum CodingKeys: String, CodingKey {
            case boxes
            case width = "w"
            case height = "h"
            case arrows = "edges"
        }

        /// Centre and size.
        package struct Box: Encodable, Sendable, Equatable {
            package let x, y, width, height: Int

            package func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                for number in [x, y, width, height] { try list.encode(number) }
            }
        }

        /// From box to box, along an SVG path of Bézier curves.
        package struct Arrow: Encodable, Sendable, Equatable {
            package let from, to: Int
            package let path: String

            package func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(from)
                try list.encode(to)
                try list.encode(path)
            }
        }
    }
}
