/// Messages between the processes of a job, in the terms of MPI: a message has a sender, a receiver, a tag and bytes, and those of one sender,
/// receiver and tag arrive in the order in which they were sent. One thread makes it and calls it.
package protocol MessageTransport: AnyObject {
    /// The number of this process among `size`, from 0.
    var rank: Int { get }
    var size: Int { get }
    /// The machine that this process runs on, for messages to people.
    var host: String { get }

    /// Begins to send; `bytes` stay as they are until the request is done.
    /// - Throws: ``ProcessGroupError``, as all below.
    func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int) throws -> MessageRequest

    /// Begins to receive a message of just as many bytes.
    func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int) throws -> MessageRequest

    /// Whether the message has left or has arrived; it is not asked again after that. Makes messages go on.
    func isDone(_ request: inout MessageRequest) throws -> Bool

    /// Gives up a message that is awaited.
    func cancel(_ request: inout MessageRequest)

    /// Leaves the job, as all its processes do.
    func leave() throws
}

/// A message on its way.
package struct MessageRequest: Sendable {
    /// What the transport knows it by.
    package var handle: UInt64
    /// The process at the other end.
    package let peer: Int

    package init(handle: UInt64, peer: Int) { (self.handle, self.peer) = (handle, peer) }
}
