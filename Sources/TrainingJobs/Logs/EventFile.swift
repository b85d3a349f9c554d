import Files
import Foundation

/// An event file of TensorBoard: `events.out.tfevents.SECONDS.HOST.PID.N`, one a run; TensorBoard reads those of a folder together.
final class EventFile {
    private let file: AppendedFile
    private let clock: () -> Double

    /// - Parameters:
    ///   - folder: that TensorBoard is pointed to.
    ///   - start: the first step of this run; what earlier files have of it and later ones counts no more.
    /// - Throws: `OutputError`.
    init(in folder: String, from start: Int, clock: @escaping () -> Double = { Date().timeIntervalSince1970 }) throws(OutputError) {
        self.clock = clock
        let isFirst = !OutputFolder.names(in: folder).contains { $0.hasPrefix(EventFile.prefix) }
        file = try AppendedFile(EventFile.newPath(in: folder, clock()))
        write(EventMessage.version(clock()))
        if !isFirst { write(EventMessage.restart(clock(), step: start + 1)) }
    }

    static let prefix = "events.out.tfevents."

    /// Names sort by time, which is the order in which TensorBoard reads them: a later run begins later, also within a second.
    private static func newPath(in folder: String, _ time: Double) -> String {
        let names = Set(OutputFolder.names(in: folder))
        let last = names.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }.max() ?? 0
        let seconds = String(format: "%010d", max(Int(time), last + 1))
        return FilePath.join(folder, "\(prefix)\(seconds).tessera.\(getpid()).0")
    }

    func scalars(_ values: [String: Double], step: Int) {
        write(EventMessage.scalars(clock(), step: step, values))
    }

    func picture(_ name: String, _ picture: EventMessage.Picture, step: Int) {
        write(EventMessage.picture(clock(), step: step, name, picture))
    }

    var onTrouble: (String) -> Void {
        get { file.onTrouble }
        set { file.onTrouble = newValue }
    }

    private func write(_ message: [UInt8]) { file.append(EventMessage.record(message)) }
}
