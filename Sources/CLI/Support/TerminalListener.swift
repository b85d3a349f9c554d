import Inspect

/// Tells what a job does on the terminal.
struct TerminalListener: JobListener {
    let isVerbose: Bool

    func note(_ text: String) { Terminal.note(text) }

    func detail(_ text: String) { if isVerbose { Terminal.note(text) } }

    func warn(_ text: String) { Terminal.warn(text) }

    func line(_ text: String) { Output.line(text) }

    var drawsBars: Bool { Terminal.isInteractive && Output.capture == nil }

    func progress(_ title: String) -> any JobProgress { ProgressBar(title) }
}

extension ProgressBar: JobProgress {
    func update(_ share: Double, detail: String) { update(share, title: nil, detail: detail) }
}

extension GlobalOptions {
    var listener: TerminalListener { TerminalListener(isVerbose: verbose) }
}
