import Foundation

/// Whoever started the program and asks to be told how it is: systemd, of services with `Type=notify`.
struct ServiceManager: Sendable {
    /// What it can be told.
    enum State: String {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
    }

    /// Path of its socket, or a name that begins with `@`; nil for none.
    private let socket: String?

    /// Who `NOTIFY_SOCKET` names.
    init() { socket = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"] }

    /// Sends one datagram; whether it comes is the manager's matter.
    func tell(_ state: State) {
        guard let socket, var address = ServiceManager.address(socket) else { return }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Of the name alone: zeros behind it would belong to one without a file.
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2) + socklen_t(socket.utf8.count)
        let text = Array(state.rawValue.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), $0, length)
            }
        }
    }

    /// nil for what is neither a path nor a name, or too long for one.
    private static func address(_ socket: String) -> sockaddr_un? {
        var (address, bytes) = (sockaddr_un(), Array(socket.utf8))
        guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        // A name without a file begins with a zero.
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }
}
