import Dispatch
import Files
import Foundation
import Tessera

/// Ctrl-C: cancels the command's task, which stops between two steps of a model; a second one, or a command that does not
/// stop within three seconds, ends the process at once.
final class Interruption {
    static let exitCode = ErrorCategory.cancelled.exitCode
    private let sources: [any DispatchSourceSignal]

    /// Calls `cancel` on the first SIGINT or SIGTERM, for as long as the object lives.
    init(_ cancel: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "tessera.interruption")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            let first = Once()
            source.setEventHandler {
                guard first.isFirst() else { OutputFile.removeUnfinished(); _exit(Interruption.exitCode) }
                cancel()
                queue.asyncAfter(deadline: .now() + 3) {
                    OutputFile.removeUnfinished(); _exit(Interruption.exitCode)
                }
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Used on one queue only.
    private final class Once: @unchecked Sendable {
        private var used = false

        func isFirst() -> Bool {
            defer { used = true }
            return !used
        }
    }
}
