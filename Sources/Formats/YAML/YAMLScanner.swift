/// Splits YAML 1.1 text into tokens, with the limits of PyYAML, whose readings the official checkpoints rely on: a
/// key without `?` stands on one line and takes at most 1024 characters; tabs separate nothing in block context.
///
/// Directives (`%YAML`, `%TAG`) are not read.
struct YAMLScanner {
    /// A place where a key may have begun, known to be one once a `:` follows.
    private struct PossibleKey {
        let token: Int
        let isRequired: Bool
        let index: Int
        let line: Int
        let column: Int
    }

    static let maximumKeyLength = 1024

    private let text: [Unicode.Scalar]
    private(set) var index = 0
    private(set) var line = 0
    private(set) var column = 0
    private var tokens: [YAMLToken] = []
    private(set) var flowLevel = 0
    private(set) var indent = -1
    private var indents: [Int] = []
    /// By flow level.
    private var possibleKeys: [Int: PossibleKey] = [:]
    var mayStartKey = true

    static func tokens(_ text: [Unicode.Scalar]) throws(YAMLError) -> [YAMLToken] {
        guard text.allSatisfy(\.isYAMLPrintable) else { throw YAMLError("unprintable character") }
        var scanner = YAMLScanner(text: text)
        while scanner.tokens.last != .streamEnd { try scanner.next() }
        return scanner.tokens
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    // MARK: Characters

    var current: Unicode.Scalar { peek(0) }

    func peek(_ distance: Int) -> Unicode.Scalar {
        index + distance < text.count ? text[index + distance] : .yamlEnd
    }

    mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < text.count {
            let character = text[index]
            index += 1
            if character.isYAMLBreak && !(character == "\r" && current == "\n") {
                line += 1
                column = 0
            } else if character != "\u{FEFF}" {
                column += 1
            }
        }
    }

    /// Takes characters while `condition` holds.
    mutating func take(while condition: (Unicode.Scalar) -> Bool) -> String {
        var taken = String.UnicodeScalarView()
        while index < text.count, condition(current) {
            taken.append(current)
            advance()
        }
        return String(taken)
    }

    /// Takes a line break and gives it as text (`\n` for all but U+2028 and U+2029); nil if there is none.
    mutating func takeBreak() -> String? {
        let character = current
        guard character.isYAMLBreak else { return nil }
        advance(character == "\r" && peek(1) == "\n" ? 2 : 1)
        return character == "\u{2028}" || character == "\u{2029}" ? String(character) : "\n"
    }

    mutating func skipSpaces() {
        while current == " " { advance() }
    }

    mutating func skipComment() {
        guard current == "#" else { return }
        while !current.isYAMLBreakOrEnd { advance() }
    }

    /// Whether `---` or `...` stands here, followed by space.
    var isAtDocumentMark: Bool {
        let mark = current
        guard mark == "-" || mark == "." else { return false }
        return peek(1) == mark && peek(2) == mark && peek(3).isYAMLSpaceOrEnd
    }

    // MARK: Tokens

    private mutating func next() throws(YAMLError) {
        skipToToken()
        try dropStaleKeys()
        unwind(to: column)
        let character = current
        if index >= text.count { return try end() }
        if column == 0 {
            if character == "%" { throw YAMLError("directives are not read") }
            if isAtDocumentMark { return try documentMark(character == "-" ? .documentStart : .documentEnd) }
        }
        switch character {
        case "[": try flowStart(.flowSequenceStart)
        case "{": try flowStart(.flowMappingStart)
        case "]": try flowEnd(.flowSequenceEnd)
        case "}": try flowEnd(.flowMappingEnd)
        case ",": try flowEntry()
        case "-" where peek(1).isYAMLSpaceOrEnd: try blockEntry()
        case "?" where flowLevel > 0 || peek(1).isYAMLSpaceOrEnd: try explicitKey()
        case ":" where flowLevel > 0 || peek(1).isYAMLSpaceOrEnd: try value()
        case "*", "&": try anchorOrAlias()
        case "!": try tag()
        case "|" where flowLevel == 0, ">" where flowLevel == 0: try blockScalar()
        case "'", "\"": try quoted()
        default: try plain()
        }
    }

    private mutating func skipToToken() {
        if index == 0 && current == "\u{FEFF}" { advance() }
        repeat {
            skipSpaces()
            skipComment()
            if current.isYAMLBreak && flowLevel == 0 { mayStartKey = true }
        } while takeBreak() != nil
    }

    private mutating func end() throws(YAMLError) {
        unwind(to: -1)
        try forgetKey()
        tokens.append(.streamEnd)
    }

    private mutating func documentMark(_ token: YAMLToken) throws(YAMLError) {
        unwind(to: -1)
        try forgetKey()
        mayStartKey = false
        advance(3)
        tokens.append(token)
    }

    private mutating func flowStart(_ token: YAMLToken) throws(YAMLError) {
        try rememberKey()
        flowLevel += 1
        mayStartKey = true
        advance()
        tokens.append(token)
    }

    private mutating func flowEnd(_ token: YAMLToken) throws(YAMLError) {
        try forgetKey()
        flowLevel -= 1
        guard flowLevel >= 0 else { throw YAMLError("a bracket closes nothing") }
        mayStartKey = false
        advance()
        tokens.append(token)
    }

    private mutating func flowEntry() throws(YAMLError) {
        mayStartKey = true
        try forgetKey()
        advance()
        tokens.append(.flowEntry)
    }

    private mutating func blockEntry() throws(YAMLError) {
        guard flowLevel == 0, mayStartKey else { throw YAMLError("a list entry may not stand here") }
        if indent(to: column) { tokens.append(.blockSequenceStart) }
        mayStartKey = true
        try forgetKey()
        advance()
        tokens.append(.blockEntry)
    }

    private mutating func explicitKey() throws(YAMLError) {
        try openMapping()
        tokens.append(.key)
    }

    private mutating func value() throws(YAMLError) {
        guard let key = possibleKeys.removeValue(forKey: flowLevel) else {
            try openMapping()
            tokens.append(.value)
            return
        }
        tokens.insert(.key, at: key.token)
        if flowLevel == 0, indent(to: key.column) { tokens.insert(.blockMappingStart, at: key.token) }
        mayStartKey = false
        advance()
        tokens.append(.value)
    }

    /// Takes a `?`, or a `:` without a key before it.
    private mutating func openMapping() throws(YAMLError) {
        if flowLevel == 0 {
            guard mayStartKey else { throw YAMLError("a mapping may not stand here") }
            if indent(to: column) { tokens.append(.blockMappingStart) }
        }
        mayStartKey = flowLevel == 0
        try forgetKey()
        advance()
    }

    private mutating func anchorOrAlias() throws(YAMLError) {
        try rememberKey()
        mayStartKey = false
        let isAlias = current == "*"
        advance()
        let name = take { $0.isYAMLWord }
        let ends: [Unicode.Scalar] = ["?", ":", ",", "]", "}", "%", "@", "`"]
        guard !name.isEmpty, current.isYAMLSpaceOrEnd || ends.contains(current) else {
            throw YAMLError("bad name of an anchor")
        }
        tokens.append(isAlias ? .alias(name) : .anchor(name))
    }

    private mutating func tag() throws(YAMLError) {
        try rememberKey()
        mayStartKey = false
        let tag = take { !$0.isYAMLSpaceOrEnd }
        guard current != "\t" || tag == "!" else { throw YAMLError("a tab after a tag") }
        tokens.append(.tag(tag))
    }

    private mutating func blockScalar() throws(YAMLError) {
        mayStartKey = true
        try forgetKey()
        tokens.append(.scalar(try scanBlockScalar(), plain: false))
    }

    private mutating func quoted() throws(YAMLError) {
        try rememberKey()
        mayStartKey = false
        tokens.append(.scalar(try scanQuoted(), plain: false))
    }

    private mutating func plain() throws(YAMLError) {
        let first = current
        let opens: Bool
        switch first {
        case "-": opens = !peek(1).isYAMLSpaceOrEnd
        case "?", ":": opens = !peek(1).isYAMLSpaceOrEnd && flowLevel == 0
        case "\t", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": opens = false
        default: opens = true
        }
        guard opens else { throw YAMLError("`\(first)` cannot start a value") }
        try rememberKey()
        mayStartKey = false
        tokens.append(.scalar(scanPlain(), plain: true))
    }

    // MARK: Keys and indentation

    private mutating func rememberKey() throws(YAMLError) {
        guard mayStartKey else { return }
        try forgetKey()
        possibleKeys[flowLevel] = PossibleKey(
            token: tokens.count, isRequired: flowLevel == 0 && indent == column, index: index, line: line,
            column: column)
    }

    private mutating func forgetKey() throws(YAMLError) {
        if possibleKeys.removeValue(forKey: flowLevel)?.isRequired == true { throw YAMLError("`:` expected") }
    }

    private mutating func dropStaleKeys() throws(YAMLError) {
        for (level, key) in possibleKeys
        where key.line != line || index - key.index > YAMLScanner.maximumKeyLength {
            if key.isRequired { throw YAMLError("`:` expected") }
            possibleKeys[level] = nil
        }
    }

    private mutating func indent(to column: Int) -> Bool {
        guard indent < column else { return false }
        indents.append(indent)
        indent = column
        return true
    }

    private mutating func unwind(to column: Int) {
        guard flowLevel == 0 else { return }
        while indent > column, let outer = indents.popLast() {
            indent = outer
            tokens.append(.blockEnd)
        }
    }
}
