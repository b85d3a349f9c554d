import Serving

/// Memory that a server and its clients share, by the names under which clients registered it.
package protocol SharedRegions: Sendable {
    /// `count` bytes of the region `name` from `offset` on.
    /// - Throws: ``ServingError`` if there is no such region, or it is shorter.
    func bytes(_ name: String, offset: Int, count: Int) throws(ServingError) -> MessageBytes

    /// Writes bytes to the region `name` from `offset` on.
    /// - Throws: ``ServingError`` if there is no such region, or `bytes` are more than `limit` or reach beyond its end.
    func write(_ bytes: UnsafeRawBufferPointer, to name: String, offset: Int, limit: Int) throws(ServingError)
}
