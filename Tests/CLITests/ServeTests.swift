import Foundation
import Testing

@testable import CLI

/// `tessera serve`: how the server is found, and that the process becomes it.
@Suite struct ServeTests {
    private static func put(_ text: String, _ folder: String, mode: Int = 0o755) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/tessera-serve"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test func theServerIsLookedForBesideTheProgramFirst() throws {
        let folder = try TemporaryFolder()
        let (bin, other) = (folder.file("bin"), folder.file("other"))
        let searched = "\(folder.file("none"))::\(other)"
        #expect(ServerProgram.find(beside: bin, searched) == nil && ServerProgram.find(beside: nil, nil) == nil)
        let far = try ServeTests.put("", other)
        #expect(ServerProgram.find(beside: bin, searched) == far && ServerProgram.find(beside: bin, nil) == nil)
        // What is no program is none.
        _ = try ServeTests.put("", bin, mode: 0o644)
        try FileManager.default.createDirectory(atPath: folder.file("libexec/tessera/tessera-serve"), withIntermediateDirectories: true)
        #expect(ServerProgram.find(beside: bin, searched) == far)
        try FileManager.default.removeItem(atPath: folder.file("libexec"))
        _ = try ServeTests.put("", folder.file("libexec/tessera"))
        #expect(ServerProgram.find(beside: bin, searched) == "\(bin)/../libexec/tessera/tessera-serve")
        let near = try ServeTests.put("", bin)
        #expect(ServerProgram.find(beside: bin, searched) == near)
    }

    @Test func theProcessBecomesTheServer() async {
        await #expect(processExitsWith: .exitCode(7)) { ServeTests.become("#!/bin/sh\nrm -r \"${0%/*}\"\nexit 7\n") }
        await #expect(processExitsWith: .signal(SIGTERM)) { ServeTests.become("#!/bin/sh\nrm -r \"${0%/*}\"\nkill -TERM $$\nsleep 20\n") }
        await #expect(processExitsWith: .exitCode(3)) { ServeTests.become("#!/nowhere/interpreter\n") }
    }

    /// The exit code is the server's; 3 if it cannot be run, and that is said.
    private static func become(_ text: String) {
        guard let folder = try? TemporaryFolder(), (try? put(text, folder.path)) != nil else { exit(1) }
        let problem = ServerProgram.become(beside: folder.path)
        try? FileManager.default.removeItem(atPath: folder.path)
        exit(problem == "\(folder.path)/tessera-serve cannot be run: No such file or directory" ? 3 : 4)
    }

    @Test func helpSaysWhatItIs() async {
        for arguments in [["help", "serve"], ["serve", "--help"], ["serve", "m", "-h"]] {
            let run = await Command(arguments)
            #expect(run.code == 0 && run.output.contains("tessera-serve") && run.output.contains("make serve"), "\(run.messages)")
        }
    }
}
