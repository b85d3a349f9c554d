/// A call whose inputs are somewhere else, in a file for example, and are read when its turn comes.
package struct RecordedCall {
    package let function: String
    package let read: () throws -> CallRecorder.Call

    package init(_ function: String, _ read: @escaping () throws -> CallRecorder.Call) { (self.function, self.read) = (function, read) }

    /// One that is here already.
    package init(_ call: CallRecorder.Call) { self.init(call.function) { call } }
}
