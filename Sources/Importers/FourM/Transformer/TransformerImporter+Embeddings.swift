import IR

extension TransformerImporter {
    /// `x`: tokens of one input modality; `emb`: their position plus modality embedding. Both `[batch, n, dim]`.
    func embedEncoder(_ modality: TransformerModality) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.embedEncoder(modality.name), weights)
        let prefix = "encoder_embeddings.\(modality.name)"
        let (x, emb): (ValueID, ValueID)
        switch modality.kind {
        case .imagePixels:
            x = try patches(writer, prefix, modality)
            emb = try allPositions(writer, prefix, modality)
        case .sequenceEmbedding:
            x = try vectors(writer, prefix, modality)
            emb = try positions(writer, prefix, modality, wraps: false)
        case .imageTokens, .sequence:
            x = try tokenEmbedding(writer, prefix, modality)
            emb = try positions(writer, prefix, modality, wraps: false)
        }
        try writer.output("x", x)
        try writer.output("emb", emb)
        return writer.graph
    }

    /// Decoder inputs of one target modality: queries at positions (images) and embedded ids (sequences, teacher forcing).
    func embedDecoder(_ modality: TransformerModality) throws -> [Graph] {
        let prefix = "decoder_embeddings.\(modality.name)"
        let isSequence = modality.kind == .sequence
        var graphs: [Graph] = []
        if !isSequence {
            let writer = FunctionWriter(FourMFunction.embedDecoder(modality.name), weights)
            let emb = try positions(writer, prefix, modality, wraps: false)
            let token = try writer.weight("mask_token", [1, 1, dim])
            try writer.output("y", try writer.add(emb, token, name: "mask_token"))
            graphs.append(writer.graph)
        }
        let writer = FunctionWriter(FourMFunction.embedDecoderIDs(modality.name), weights)
        let x = try tokenEmbedding(writer, prefix, modality)
        let emb = try positions(writer, prefix, modality, wraps: isSequence)
        try writer.output("y", try writer.add(x, emb, name: "\(prefix).sum"))
        try writer.output("emb", emb)
        return graphs + [writer.graph]
    }

    private func tokenEmbedding(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality
    ) throws -> ValueID {
        let ids = try writer.input("ids", .i64, [Self.batch, Self.count])
        let table = try writer.weight("\(prefix).token_emb.weight", [modality.vocabulary, dim])
        return try writer.apply(Gather(axis: 0), table, ids, name: "\(prefix).token_emb")
    }

    /// Rows of the position table at the input `positions`, plus the modality embedding.
    private func positions(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality, wraps: Bool
    ) throws -> ValueID {
        var positions = try writer.input("positions", .i64, [Self.batch, Self.count])
        if wraps, let limit = modality.maxLength {
            positions = try wrapped(writer, positions, limit, name: "\(prefix).positions")
        }
        let table = try positionTable(writer, prefix, modality)
        let rows = try writer.apply(Gather(axis: 0), table, positions, name: "\(prefix).pos_emb")
        return try writer.add(rows, try modalityEmbedding(writer, modality, prefix), name: "\(prefix).mod_emb")
    }

    /// Positions at or beyond the maximum length become 0.
    private func wrapped(_ writer: FunctionWriter, _ positions: ValueID, _ limit: Int, name: String) throws -> ValueID {
        let isBeyond = try writer.apply(
            Comparison<GreaterEqual>(), positions, try writer.scalar(Double(limit), .i64), name: "\(name).beyond")
        return try writer.apply(Where(), isBeyond, try writer.scalar(0, .i64), positions, name: "\(name).wrap")
    }

    private func positionTable(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality
    ) throws -> ValueID {
        let stored = try writer.weight("\(prefix).pos_emb", [1, modality.positions, dim])
        return try writer.reshape(stored, [Dim(modality.positions), Dim(dim)], name: "\(prefix).pos_emb")
    }

    /// Position plus modality embedding of every grid position: `[batch, tokens, dim]`.
    private func allPositions(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality
    ) throws -> ValueID {
        let stored = try writer.weight("\(prefix).pos_emb", [1, modality.positions, dim])
        let sum = try writer.add(stored, try modalityEmbedding(writer, modality, prefix), name: "\(prefix).mod_emb")
        return try writer.apply(Expand([Self.batch, Dim(modality.positions), Dim(dim)]), sum, name: "\(prefix).expand")
    }

    /// The stored modality embedding; where encoder and decoder share it, a saver may have kept only one of the two.
    private func modalityEmbedding(
        _ writer: FunctionWriter, _ modality: TransformerModality, _ prefix: String
    ) throws -> ValueID {
        let own = "\(prefix).mod_emb"
        if settings.sharesModalityEmbeddings, !weights.has(own) {
            let others = ["encoder_embeddings", "decoder_embeddings"].map { "\($0).\(modality.name).mod_emb" }
            if let other = others.first(where: weights.has) { return try writer.weight(other, [1, 1, dim]) }
        }
        return try writer.weight(own, [1, 1, dim])
    }

    /// Pixels `[batch, c, H, W]` → projected patches `[batch, tokens, dim]`; patches are flattened
    /// (row, column, channel).
    private func patches(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality
    ) throws -> ValueID {
        let grid = modality.grid ?? (1, 1)
        let patch = modality.patch ?? (1, 1)
        let (rows, columns, c) = (Dim(grid.rows), Dim(grid.columns), Dim(modality.channels ?? 1))
        let (height, width) = (Dim(patch.height), Dim(patch.width))
        let pixels = try writer.input("pixels", .f32, [Self.batch, c, rows * height, columns * width])
        let name = "\(prefix).patches"
        let split = try writer.reshape(pixels, [Self.batch, c, rows, height, columns, width], name: name)
        let turned = try writer.transpose(split, [0, 2, 4, 3, 5, 1], name: name)
        let flat = try writer.reshape(turned, [Self.batch, rows * columns, height * width * c], name: name)
        let size = patch.height * patch.width * (modality.channels ?? 1)
        return try writer.linear(flat, "\(prefix).proj", size, dim, bias: false)
    }

    /// Given vectors `[batch, n, channels]` → tokens, directly or through a bottleneck.
    private func vectors(
        _ writer: FunctionWriter, _ prefix: String, _ modality: TransformerModality
    ) throws -> ValueID {
        let channels = modality.channels ?? 1
        let vectors = try writer.input("embeddings", .f32, [Self.batch, Self.count, Dim(channels)])
        guard weights.has("\(prefix).emb_proj.0.weight") else {
            return try writer.linear(vectors, "\(prefix).emb_proj", channels, dim, bias: true)
        }
        let width = try weights.shape("\(prefix).emb_proj.0.weight", [nil, channels])[0]
        let narrow = try writer.linear(vectors, "\(prefix).emb_proj.0", channels, width, bias: true)
        return try writer.linear(narrow, "\(prefix).emb_proj.1", width, dim, bias: true)
    }
}
