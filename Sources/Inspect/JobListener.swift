/// Who is told what a job does.
package protocol JobListener {
    /// Something worth knowing.
    func note(_ text: String)

    /// More than most people want to know.
    func detail(_ text: String)

    /// Something that may not be as it was meant.
    func warn(_ text: String)

    /// A line of the result, for programs.
    func line(_ text: String)

    /// Whether ``progress(_:)`` is a bar that moves. Elsewhere a job that takes long tells of itself in lines.
    var drawsBars: Bool { get }

    /// Progress of what is called `title`, which nobody sees before its first update.
    func progress(_ title: String) -> any JobProgress
}

/// How much of a piece of work is done.
package protocol JobProgress: AnyObject {
    /// - Parameter share: of the work, 0…1.
    func update(_ share: Double, detail: String)

    func finish()
}
