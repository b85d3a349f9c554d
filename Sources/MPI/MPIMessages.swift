import CMPI
import Collectives
import Glibc

/// Messages of an MPI job, which `mpirun` starts.
package final class MPIMessages: MessageTransport {
    package let rank: Int
    package let size: Int
    package let host: String
    private let job: cmpi_job

    /// Joins the job.
    /// - Throws: ``ProcessGroupError``.
    package init() throws {
        var (job, rank, size): (cmpi_job, Int32, Int32) = (cmpi_job(), 0, 1)
        try MPIMessages.check(cmpi_start(&job, &rank, &size), "joining the job")
        (self.job, self.rank, self.size, host) = (job, Int(rank), Int(size), MPIMessages.hostName)
    }

    package func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int) throws -> MessageRequest {
        var request = cmpi_request()
        let code = cmpi_send(job, bytes.baseAddress, bytes.count, Int32(rank), Int32(tag), &request)
        try MPIMessages.check(code, "sending to rank \(rank)", rank: rank)
        return MessageRequest(handle: request.handle, peer: rank)
    }

    package func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int) throws -> MessageRequest {
        var request = cmpi_request()
        let code = cmpi_receive(job, bytes.baseAddress, bytes.count, Int32(rank), Int32(tag), &request)
        try MPIMessages.check(code, "receiving from rank \(rank)", rank: rank)
        return MessageRequest(handle: request.handle, peer: rank)
    }

    package func isDone(_ request: inout MessageRequest) throws -> Bool {
        var (own, done) = (cmpi_request(handle: request.handle), Int32(0))
        let code = cmpi_test(&own, &done)
        request.handle = own.handle
        try MPIMessages.check(code, "a message between this rank, \(rank), and rank \(request.peer)", rank: request.peer)
        return done != 0
    }

    package func cancel(_ request: inout MessageRequest) {
        var own = cmpi_request(handle: request.handle)
        _ = cmpi_cancel(&own)
        request.handle = own.handle
    }

    package func leave() throws { try MPIMessages.check(cmpi_stop(), "leaving the job") }

    /// As the machine calls itself; no network is asked.
    private static var hostName: String {
        var name = [UInt8](repeating: 0, count: 256)
        let isKnown = name.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { gethostname($0, 255) == 0 } ?? false
        }
        return isKnown ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : "a machine"
    }

    private static func check(_ code: Int32, _ what: String, rank: Int? = nil) throws {
        guard code != 0 else { return }
        var text = [CChar](repeating: 0, count: 256)
        cmpi_text(code, &text, text.count)
        let meaning = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw ProcessGroupError("MPI: \(what): \(meaning)", rank: rank)
    }
}
