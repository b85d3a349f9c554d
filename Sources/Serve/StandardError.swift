import Foundation

/// Lines for whoever started the program, or reads its log.
enum StandardError {
    /// `tessera-serve: text`.
    static func say(_ text: String) { write("tessera-serve: \(text)\n") }

    /// Writes `text` as far as there is room: a full disk, or a reader that has gone, must not end the server.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Foundation.write(2, start, rest.count)
                if count > 0 { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) } else if errno != EINTR { return }
            }
        }
    }
}

/// The time of a line of the log.
enum LogTime {
    /// Now, in UTC: `2026-12-01T09:30:00.125Z`.
    static var now: String {
        var (time, parts) = (timespec(), tm())
        clock_gettime(CLOCK_REALTIME, &time)
        gmtime_r(&time.tv_sec, &parts)
        return text(parts, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// Written digit by digit: a formatter takes longer than many requests.
    static func text(_ time: tm, milliseconds: Int) -> String {
        func digits(_ number: some BinaryInteger, _ count: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let day = "\(digits(time.tm_year + 1900, 4))-\(digits(time.tm_mon + 1))-\(digits(time.tm_mday))"
        return "\(day)T\(digits(time.tm_hour)):\(digits(time.tm_min)):\(digits(time.tm_sec)).\(digits(milliseconds, 3))Z"
    }
}
