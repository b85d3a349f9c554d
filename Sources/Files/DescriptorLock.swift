import Glibc

/// An exclusive lock on what a descriptor stands for (flock). It ends with the last copy of the descriptor, and with the process however that
/// ends. File systems without locks let everybody pass.
package enum DescriptorLock {
    /// - Parameter waits: until nobody else holds it.
    /// - Returns: false if somebody else holds it.
    package static func take(_ descriptor: Int32, waits: Bool = false) -> Bool {
        while flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 {
            if errno != EINTR { return errno != EWOULDBLOCK }
        }
        return true
    }
}
