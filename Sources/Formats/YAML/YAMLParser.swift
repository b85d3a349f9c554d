/// Builds values from YAML 1.1 tokens: one document of mappings, sequences and scalars.
///
/// Depth and growth through aliases are bounded; recursive structures are refused.
struct YAMLParser {
    static let maximumDepth = 64
    /// Nodes, counted as often as aliases repeat them.
    static let maximumNodes = 100_000

    /// A value and what only its parent needs to know.
    private struct Node {
        var value: ConfigValue
        var role = Role.ordinary
        var size = 1

        /// `<<` merges mappings where it is a key, `=` is text where it is a key; as values both are undefined.
        enum Role { case ordinary, mergeSign, valueSign }
    }

    private let tokens: [YAMLToken]
    private var position = 0
    private var depth = 0
    private var nodeCount = 0
    private var declaredAnchors: Set<String> = []
    private var anchors: [String: Node] = [:]

    static func parse(_ text: [Unicode.Scalar]) throws(YAMLError) -> ConfigValue {
        var parser = YAMLParser(tokens: try YAMLScanner.tokens(text))
        return try parser.document()
    }

    private init(tokens: [YAMLToken]) { self.tokens = tokens }

    private var current: YAMLToken { position < tokens.count ? tokens[position] : .streamEnd }

    private mutating func take(_ token: YAMLToken) -> Bool {
        guard current == token else { return false }
        position += 1
        return true
    }

    private func isAt(_ ends: YAMLToken...) -> Bool { ends.contains(current) }

    private mutating func document() throws(YAMLError) -> ConfigValue {
        if current == .streamEnd { return .null }
        let isEmpty = take(.documentStart) && isAt(.documentStart, .documentEnd, .streamEnd)
        let value = isEmpty ? .null : try content(try node(.block))
        while take(.documentEnd) {}
        guard current == .streamEnd else { throw YAMLError("text after the document") }
        return value
    }

    // MARK: Nodes

    private enum Context { case block, blockOrIndentless, flow }

    private mutating func node(_ context: Context) throws(YAMLError) -> Node {
        if case .alias(let name) = current {
            position += 1
            guard let node = anchors[name] else { throw YAMLError("unknown or recursive alias \(name)") }
            try count(node.size)
            return node
        }
        let (anchor, tag) = try properties()
        if let anchor, !declaredAnchors.insert(anchor).inserted { throw YAMLError("anchor \(anchor) appears twice") }
        depth += 1
        guard depth <= YAMLParser.maximumDepth else { throw YAMLError("too deep") }
        let before = nodeCount
        try count(1)
        var node = try content(context, tag, hasProperties: anchor != nil || tag != nil)
        depth -= 1
        node.size = nodeCount - before
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func count(_ nodes: Int) throws(YAMLError) {
        nodeCount += nodes
        guard nodeCount <= YAMLParser.maximumNodes else { throw YAMLError("too many nodes") }
    }

    /// Anchor and tag before a node, in either order.
    private mutating func properties() throws(YAMLError) -> (anchor: String?, tag: String?) {
        var anchor: String?
        var tag: String?
        for _ in 0..<2 {
            if case .anchor(let name) = current, anchor == nil {
                anchor = name
            } else if case .tag(let name) = current, tag == nil {
                tag = name
            } else {
                break
            }
            position += 1
        }
        return (anchor, tag)
    }

    private mutating func content(
        _ context: Context, _ tag: String?, hasProperties: Bool
    ) throws(YAMLError) -> Node {
        switch current {
        case .scalar(let text, let plain):
            position += 1
            return try scalar(text, plain: plain, tag)
        case .flowSequenceStart: return Node(value: .list(try flowSequence(tag)))
        case .flowMappingStart: return Node(value: .dict(try flowMapping(tag)))
        case .blockSequenceStart where context != .flow: return Node(value: .list(try blockSequence(tag)))
        case .blockMappingStart where context != .flow: return Node(value: .dict(try blockMapping(tag)))
        case .blockEntry where context == .blockOrIndentless: return Node(value: .list(try indentlessSequence(tag)))
        default:
            guard hasProperties else { throw YAMLError("a value expected") }
            return try scalar("", plain: tag == nil, tag)
        }
    }

    private func scalar(_ text: String, plain: Bool, _ tag: String?) throws(YAMLError) -> Node {
        if tag == "!" || (tag == nil && plain) {
            if text == "<<" { return Node(value: .string(text), role: .mergeSign) }
            if text == "=" { return Node(value: .string(text), role: .valueSign) }
            return Node(value: YAMLScalar.resolve(text))
        }
        guard let tag else { return Node(value: .string(text)) }
        return Node(value: try YAMLScalar.construct(text, tag: tag))
    }

    private func empty() -> Node { Node(value: .null) }

    /// The value of a node in a place where it is no key.
    private func content(_ node: Node) throws(YAMLError) -> ConfigValue {
        guard node.role == .ordinary else { throw YAMLError("`\(node.value)` means nothing here") }
        return node.value
    }

    private func expect(_ tag: String?, _ collection: String) throws(YAMLError) {
        guard tag == nil || tag == "!" || tag == collection else { throw YAMLError("tag \(tag ?? "")") }
    }

    // MARK: Block collections

    private mutating func blockSequence(_ tag: String?) throws(YAMLError) -> [ConfigValue] {
        try expect(tag, "!!seq")
        position += 1
        var list: [ConfigValue] = []
        while take(.blockEntry) {
            list.append(try content(isAt(.blockEntry, .blockEnd) ? empty() : try node(.block)))
        }
        guard take(.blockEnd) else { throw YAMLError("a list entry expected") }
        return list
    }

    /// Entries at the column of the key they belong to.
    private mutating func indentlessSequence(_ tag: String?) throws(YAMLError) -> [ConfigValue] {
        try expect(tag, "!!seq")
        var list: [ConfigValue] = []
        while take(.blockEntry) {
            list.append(try content(isAt(.blockEntry, .key, .value, .blockEnd) ? empty() : try node(.block)))
        }
        return list
    }

    private mutating func blockMapping(_ tag: String?) throws(YAMLError) -> ConfigDictionary {
        try expect(tag, "!!map")
        position += 1
        var mapping = Mapping()
        while take(.key) {
            let key = isAt(.key, .value, .blockEnd) ? empty() : try node(.blockOrIndentless)
            let hasValue = take(.value) && !isAt(.key, .value, .blockEnd)
            try mapping.add(key, hasValue ? try node(.blockOrIndentless) : empty())
        }
        guard take(.blockEnd) else { throw YAMLError("a key expected") }
        return mapping.dictionary
    }

    // MARK: Flow collections

    private mutating func flowSequence(_ tag: String?) throws(YAMLError) -> [ConfigValue] {
        try expect(tag, "!!seq")
        position += 1
        var list: [ConfigValue] = []
        while !take(.flowSequenceEnd) {
            if !list.isEmpty {
                guard take(.flowEntry) else { throw YAMLError("`,` or `]` expected") }
                if take(.flowSequenceEnd) { break }
            }
            if current == .key {
                list.append(.dict(try singlePair()))
            } else {
                list.append(try content(try node(.flow)))
            }
        }
        return list
    }

    /// `[key: value]` is a list of one mapping.
    private mutating func singlePair() throws(YAMLError) -> ConfigDictionary {
        var mapping = Mapping()
        try pair(&mapping, end: .flowSequenceEnd)
        return mapping.dictionary
    }

    private mutating func flowMapping(_ tag: String?) throws(YAMLError) -> ConfigDictionary {
        try expect(tag, "!!map")
        position += 1
        var mapping = Mapping()
        var isFirst = true
        while !take(.flowMappingEnd) {
            if !isFirst {
                guard take(.flowEntry) else { throw YAMLError("`,` or `}` expected") }
                if take(.flowMappingEnd) { break }
            }
            isFirst = false
            if current == .key {
                try pair(&mapping, end: .flowMappingEnd)
            } else {
                try mapping.add(try node(.flow), empty())
            }
        }
        return mapping.dictionary
    }

    private mutating func pair(_ mapping: inout Mapping, end: YAMLToken) throws(YAMLError) {
        position += 1
        let key = isAt(.value, .flowEntry, end) ? empty() : try node(.flow)
        let hasValue = take(.value) && !isAt(.flowEntry, end)
        try mapping.add(key, hasValue ? try node(.flow) : empty())
    }

    // MARK: Mappings

    /// Pairs of one mapping; merged ones (`<<`) come first and give way to its own.
    private struct Mapping {
        private var merged: [(key: String, value: ConfigValue)] = []
        private var own: [(key: String, value: ConfigValue)] = []

        var dictionary: ConfigDictionary { ConfigDictionary(merged + own) }

        mutating func add(_ key: Node, _ value: Node) throws(YAMLError) {
            if key.role == .mergeSign { return try merge(value) }
            guard value.role == .ordinary else { throw YAMLError("`\(value.value)` means nothing here") }
            guard let text = YAMLScalar.keyText(key.value) else { throw YAMLError("a collection as a key") }
            own.append((text, value.value))
        }

        private mutating func merge(_ value: Node) throws(YAMLError) {
            switch value.value {
            case .dict(let dictionary): merged += dictionary.entries
            case .list(let list):
                for item in list.reversed() {
                    guard case .dict(let dictionary) = item else { throw YAMLError("only mappings can be merged") }
                    merged += dictionary.entries
                }
            default: throw YAMLError("only mappings can be merged")
            }
        }
    }
}
