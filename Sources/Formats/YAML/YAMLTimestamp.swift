/// Dates and times of YAML 1.1, as Python writes what PyYAML makes of them.
enum YAMLTimestamp {
    /// `2024-01-31`, `2024-01-31 10:00:00`, `2001-12-14 21:59:43.100000-05:00`; nil for text that is no timestamp, and for days and hours that
    /// there are not.
    static func text(_ text: String) -> String? {
        let pattern =
            /([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)?/
        guard text.utf8.count <= 64, text.first?.isNumber == true, let match = text.wholeMatch(of: pattern),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3), isDay(year, month, day)
        else { return nil }
        let date = "\(match.1)-\(padded(month, 2))-\(padded(day, 2))"
        guard let hourText = match.4, let minuteText = match.5, let secondText = match.6 else {
            return match.2.count == 2 && match.3.count == 2 ? date : nil
        }
        guard let hour = Int(hourText), let minute = Int(minuteText), let second = Int(secondText), hour < 24, minute < 60, second < 60
        else {
            return nil
        }
        // Microseconds, cut after six digits.
        let digits = String((match.7 ?? "").prefix(6))
        let micro = Int(digits + String(repeating: "0", count: 6 - digits.count)) ?? 0
        let time = [hour, minute, second].map { padded($0, 2) }.joined(separator: ":") + (micro == 0 ? "" : ".\(padded(micro, 6))")
        guard let zone = match.8 else { return "\(date) \(time)" }
        return offset(zone).map { "\(date) \(time)\($0)" }
    }

    /// `+00:00` of `Z`, `-05:00` of `-5`.
    private static func offset(_ zone: Substring) -> String? {
        if zone == "Z" { return "+00:00" }
        let parts = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
        let (hours, minutes) = (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
        guard hours * 60 + minutes < 24 * 60 else { return nil }
        let isZero = hours == 0 && minutes == 0
        let carried = (hours + minutes / 60, minutes % 60)
        return "\(isZero ? "+" : zone.prefix(1))\(padded(carried.0, 2)):\(padded(carried.1, 2))"
    }

    private static func isDay(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return year > 0 && (1...12).contains(month) && day >= 1 && day <= days[month - 1]
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
