import Foundation

/// The Shapes bundle of the project.
package enum DemoBundle {
    package static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Models/shapes").path

    /// Scene 0…7 as a photo.
    package static func photo(_ number: Int) -> String { image("00\(number)_rgb.png") }

    package static func image(_ name: String) -> String { folder + "/images/" + name }
}
