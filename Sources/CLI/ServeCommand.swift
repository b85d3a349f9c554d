import ArgumentParser

/// `tessera serve`
///
/// `Main` becomes the server before arguments are read; the parser comes here only where there is none.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve models over HTTP and gRPC to other programs.",
        discussion: """
            The server is a program of its own, tessera-serve, which this command becomes: arguments, signals and exit codes are the \
            server's. It is looked for beside this program, in ../libexec/tessera from there, and in the folders of PATH. 'make serve' \
            builds it; 'make install' installs it with the rest if it is built.

            Once it is there, 'tessera serve --help' shows its options; Docs/server.md says what it answers.

            Examples:
              tessera serve mnist.onnx
              tessera serve digits=mnist.onnx depth=shapes.tess --port 9000 --grpc-port 9001
              tessera serve --models /srv/models
            """)

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Models and options, as the server takes them.", valueName: "argument"),
        completion: .file())
    var arguments: [String] = []

    func run() throws {
        if arguments.contains("--help") || arguments.contains("-h") { throw CleanExit.helpRequest(self) }
        throw Refusal.missing(
            "there is no \(ServerProgram.name) beside this program, in ../libexec/tessera or in PATH; "
                + "'make serve' builds it from Tessera's sources, and 'make install' installs it")
    }
}
