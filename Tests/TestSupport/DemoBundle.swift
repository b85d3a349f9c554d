import Foundation

/// The Shapes bundle of the project.
public enum DemoBundle {
    public static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Models/shapes").path

    /// Scene 0…7 as a photo.
    public static func photo(_ number: Int) -> String { image("00\(number)_rgb.png") }

    public static func image(_ name: String) -> String { folder + "/images/" + name }
}
