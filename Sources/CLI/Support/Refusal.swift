import ArgumentParser
import Files
import Inspect
import Tessera

/// A command that cannot do what it was asked, by category; the exit code derives from it (`ErrorCategory`). The message names the file,
/// tensor or flag, says what is wrong and what to do.
///
/// What the parser can tell from the arguments alone is ArgumentParser's `ValidationError` instead, which shows the usage.
enum Refusal {
    /// Of what was typed.
    static func usage(_ message: String) -> TesseraError { TesseraError(.usage, message) }

    /// Of what was found in a file.
    static func content(_ message: String) -> TesseraError { TesseraError(.unreadable, message) }

    static func missing(_ message: String) -> TesseraError { TesseraError(.notFound, message) }

    static func unsupported(_ message: String) -> TesseraError { TesseraError(.unsupported, message) }

    /// Of the disk, the memory or permissions.
    static func resources(_ message: String) -> TesseraError { TesseraError(.outOfResources, message) }

    static func fault(_ message: String) -> TesseraError { TesseraError(.internal, message) }

    /// What a person reads of any error.
    static func text(of error: any Error) -> String { TesseraError(error).message }
}

/// The flag that led to what failed.
enum FlagName {
    /// `body` with the flag before the messages of what it reads.
    static func named<Result>(_ flag: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as WorkError {
            throw error.prefixed(flag)
        } catch let error as OutputError {
            let made = TesseraError(error)
            throw TesseraError(made.category, "\(flag) \(made.message)", file: made.file)
        }
    }

    /// Finds out before the work that the file of `flag` cannot be written.
    /// - Throws: `TesseraError` naming the flag.
    static func checkFile(_ flag: String, _ path: String?) throws {
        if let path { try named(flag) { try OutputFile.check(path) } }
    }

    /// Finds out before the work that the folder of `flag` cannot be made or written to.
    /// - Throws: `TesseraError` naming the flag.
    static func checkFolder(_ flag: String, _ path: String?) throws {
        if let path { try named(flag) { try OutputFolder.check(path) } }
    }

    /// `body`, which reads what was typed: what is wrong with it is shown with the usage of the command.
    static func typed<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as WorkError where error.cause == .request { throw ValidationError(error.description) }
    }
}
