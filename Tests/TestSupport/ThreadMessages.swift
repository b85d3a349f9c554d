import Collectives
import Foundation
import Synchronization

/// Messages between threads that act as the processes of a job.
package final class ThreadMessages: MessageTransport {
    /// What is on its way in one job.
    package final class Post: Sendable {
        fileprivate struct Line: Hashable { let (from, to, tag): (Int, Int, Int) }
        fileprivate struct State {
            var messages: [Line: [[UInt8]]] = [:]
            /// Processes whose messages stop arriving.
            var silenced: Set<Int> = []
        }
        fileprivate let state = Mutex(State())

        package init() {}

        /// From now on nothing of `rank` arrives, as if it had ended.
        package func silence(_ rank: Int) { state.withLock { _ = $0.silenced.insert(rank) } }
    }

    package let rank: Int
    package let size: Int
    package var host: String { "machine-\(rank)" }
    private let post: Post
    private var awaited: [UInt64: (line: Post.Line, target: UnsafeMutableRawBufferPointer)] = [:]
    private var next: UInt64 = 1

    package init(_ post: Post, rank: Int, of size: Int) { (self.post, self.rank, self.size) = (post, rank, size) }

    package func send(_ bytes: UnsafeRawBufferPointer, to other: Int, tag: Int) throws -> MessageRequest {
        post.state.withLock { state in
            guard !state.silenced.contains(rank) else { return }
            state.messages[Post.Line(from: rank, to: other, tag: tag), default: []].append(Array(bytes))
        }
        return MessageRequest(handle: 0, peer: other)
    }

    package func receive(_ bytes: UnsafeMutableRawBufferPointer, from other: Int, tag: Int) throws -> MessageRequest {
        next += 1
        awaited[next] = (Post.Line(from: other, to: rank, tag: tag), bytes)
        return MessageRequest(handle: next, peer: other)
    }

    package func isDone(_ request: inout MessageRequest) throws -> Bool {
        guard let (line, target) = awaited[request.handle] else { return true }
        // Messages of a line go to who waited first.
        guard !awaited.contains(where: { $0.key < request.handle && $0.value.line == line }) else { return false }
        let message = post.state.withLock { state -> [UInt8]? in
            guard let first = state.messages[line]?.first else { return nil }
            state.messages[line]?.removeFirst()
            return first
        }
        guard let message else { return false }
        guard message.count == target.count else {
            throw ProcessGroupError("rank \(request.peer) sent \(message.count) bytes, not \(target.count)", rank: request.peer)
        }
        target.copyBytes(from: message)
        awaited[request.handle] = nil
        return true
    }

    package func cancel(_ request: inout MessageRequest) { awaited[request.handle] = nil }

    package func leave() throws {}

    /// What `body` gives for each of `size` processes, a thread each, by rank.
    package static func run<Result: Sendable>(
        _ size: Int, silence: Duration = ProcessGroup.silence, post: Post = Post(),
        _ body: @escaping @Sendable (ProcessGroup) throws -> Result
    ) -> [Swift.Result<Result, any Error>] {
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        let group = DispatchGroup()
        for rank in 0..<size {
            group.enter()
            Thread {
                let result = Swift.Result {
                    let processes = try ProcessGroup(silence: silence) { ThreadMessages(post, rank: rank, of: size) }
                    do {
                        let result = try body(processes)
                        try processes.leave()
                        return result
                    } catch {
                        // A process that fails ends, and is heard of no more.
                        post.silence(rank)
                        throw error
                    }
                }
                results.withLock { $0[rank] = result }
                group.leave()
            }.start()
        }
        group.wait()
        return results.withLock { all in (0..<size).compactMap { all[$0] } }
    }
}
