import Foundation
import Names
import Synchronization

/// Standard error: messages, progress and colour, for people.
enum Terminal {
    /// Whether standard error is a terminal, so that a line may be written over.
    static let isInteractive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    /// https://no-color.org: any non-empty NO_COLOR turns colour off.
    private static let colorAllowed = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// ANSI styles used for verdicts and bars.
    enum Style: String {
        case bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36"
    }

    /// `text` in `style` if standard output is a terminal that wants colour.
    static func styled(_ text: String, _ style: Style) -> String {
        guard outputIsTerminal && colorAllowed && Output.capture == nil else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// The same for standard error.
    static func styledMessage(_ text: String, _ style: Style) -> String {
        guard isInteractive && colorAllowed && Output.capture == nil else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// Columns that tables and texts on standard output may take: those of the terminal, or what `COLUMNS` says of it; nil for files and
    /// pipes, whose lines stay whole.
    static var outputWidth: Int? {
        if let capture = Output.capture { return capture.width }
        guard outputIsTerminal else { return nil }
        if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return max(columns, narrowest) }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return max(Int(size.ws_col), narrowest)
    }

    /// The same of standard error.
    static var messageWidth: Int? { Output.capture == nil && isInteractive ? max(width, narrowest) : nil }

    /// Columns below which tables are not made to fit.
    private static let narrowest = 40

    /// Columns of the terminal; 80 where there is none.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes `text` to standard error as it is.
    static func write(_ text: String) {
        if let capture = Output.capture { return capture.appendMessages(text) }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static let quiet = Mutex(false)

    /// Whether notes and progress are left out.
    static var isQuiet: Bool { Output.capture.map { $0.quiet.withLock { $0 } } ?? quiet.withLock { $0 } }

    /// Leaves out notes and progress from here on.
    static func beQuiet() {
        if let capture = Output.capture { capture.quiet.withLock { $0 = true } } else { quiet.withLock { $0 = true } }
    }

    /// Whether a line that is redrawn stands where the next one would go.
    private static let bar = Mutex(false)

    /// Draws `line` over the one that was drawn before; nil takes that away.
    static func redraw(_ line: String?) {
        if isQuiet { return }
        bar.withLock { $0 = line != nil }
        write("\r\u{1B}[K" + (line ?? ""))
    }

    /// A whole line, in place of one that is redrawn.
    private static func writeLine(_ text: String) {
        let isOver = bar.withLock { bar in
            defer { bar = false }
            return bar
        }
        write((isOver ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// A line that ``beQuiet()`` does not silence.
    static func say(_ text: String) { writeLine(printable(text)) }

    /// A line for people.
    static func note(_ text: String) {
        if !isQuiet { writeLine(printable(text)) }
    }

    /// `tessera: warning: …`
    static func warn(_ text: String) { writeLine("tessera: \(styledMessage("warning", .yellow)): \(printable(text))") }

    /// `tessera: error: …`
    static func error(_ text: String) { writeLine("tessera: \(styledMessage("error", .red)): \(printable(text))") }

    /// Messages quote files and names from outside, which must not steer the terminal.
    private static func printable(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { ForeignText.escaped(String($0)) }.joined(separator: "\n")
    }
}
