import IR

extension OperatorSamples {
    static let pooling: [OperatorSample] = windows + detailedResizes + sampling

    private static let windows: [OperatorSample] = {
        var draw = SampleTensors(seed: 21)
        let forms: [(name: String, geometry: PoolGeometry, from: [Int])] = [
            ("plain", PoolGeometry(kernel: [3, 3]), [7, 9]),
            ("strided", PoolGeometry(kernel: [3, 2], stride: [2, 3], padding: [1, 0, 1, 1]), [8, 149]),
            ("dilated", PoolGeometry(kernel: [2, 3], padding: [0, 2, 1, 1], dilation: [3, 2]), [9, 11]),
            ("ceil", PoolGeometry(kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], ceil: true), [6, 8]),
            ("sequence", PoolGeometry(kernel: [4], stride: [3], padding: [2, 1]), [14]),
            ("volume", PoolGeometry(kernel: [2, 3, 2], stride: [2, 1, 1], padding: [1, 0, 0, 0, 1, 1], ceil: true), [5, 4, 6]),
        ]
        var samples = forms.flatMap { name, geometry, from in
            [OperatorSample("max_pool \(name)", MaxPool(geometry), [draw.floats([2, 3] + from)])]
                + AveragePool.Divisor.allCases.map { divisor in
                    OperatorSample(
                        "average_pool \(name) \(divisor)", AveragePool(geometry, divisor: divisor), [draw.floats([2, 3] + from)])
                }
        }
        samples.append(OperatorSample("max_pool indices", MaxPool(forms[1].geometry, indices: true), [draw.floats([2, 3, 8, 9])]))
        samples.append(OperatorSample("max_pool i64", MaxPool(forms[0].geometry), [draw.integers([1, 2, 5, 6])]))
        return samples
    }()

    private static let detailedResizes: [OperatorSample] = {
        var draw = SampleTensors(seed: 22)
        typealias Details = ResizeDetails
        var forms: [(name: String, op: Resize)] = [
            ("scales", Resize(size: [7, 3], mode: .linear, details: Details(scales: [1.45, 0.4]))),
            ("scales corners", Resize(size: [7, 3], mode: .cubic, alignCorners: true, details: Details(scales: [1.45, 0.4]))),
            ("scales symmetric", Resize(size: [7, 3], mode: .linear, coordinates: .symmetric, details: Details(scales: [1.45, 0.4]))),
            ("single", Resize(size: [1, 12], mode: .cubic, coordinates: .torchHalfPixel)),
            ("outside", Resize(size: [9, 11], mode: .cubic, details: Details(excludeOutside: true))),
            ("antialias", Resize(size: [2, 11], mode: .linear, details: Details(antialias: true))),
            ("antialias cubic", Resize(size: [3, 3], mode: .cubic, details: Details(antialias: true))),
            ("region", Resize(size: [4, 6], mode: .linear, coordinates: .cropped, details: Details(roi: [0.1, -0.2, 0.9, 0.7]))),
            ("region nearest", Resize(size: [4, 6], mode: .nearest, coordinates: .cropped, details: Details(roi: [0, -0.2, 0.9, 1.3]))),
        ]
        for rounding in Details.Rounding.allCases {
            let details = Details(rounding: rounding)
            forms.append(("\(rounding)", Resize(size: [9, 3], mode: .nearest, coordinates: .halfPixel, details: details)))
            forms.append(("\(rounding) corners", Resize(size: [9, 3], mode: .nearest, alignCorners: true, details: details)))
        }
        return forms.map { OperatorSample("resize \($0.name)", $0.op, [draw.floats([2, 3, 5, 8])]) }
    }()

    private static let sampling: [OperatorSample] = {
        var draw = SampleTensors(seed: 23)
        var samples: [OperatorSample] = []
        for mode in Sample.Mode.allCases {
            for outside in Sample.Outside.allCases {
                let op = Sample(mode: mode, outside: outside)
                samples.append(OperatorSample("sample \(mode) \(outside)", op, [draw.floats([2, 3, 4, 5]), draw.floats([2, 3, 7, 2])]))
            }
        }
        samples.append(OperatorSample("sample volume", Sample(mode: .linear), [draw.floats([1, 2, 3, 4, 5]), draw.floats([1, 6, 3])]))
        let corners = Tensor([0.5, 1, 4.2, 3.7, -2, 0, 9, 2.5] as [Float], [2, 4])
        let images = Tensor(integers: [1, 0], [2])
        for mode in RoiAlign.Mode.allCases {
            let op = RoiAlign(size: [2, 3], scale: 0.75, samples: 2, mode: mode)
            samples.append(OperatorSample("roi_align \(mode)", op, [draw.floats([2, 3, 4, 6]), corners, images]))
        }
        let adaptive = RoiAlign(size: [2, 1], halfPixel: false)
        samples.append(OperatorSample("roi_align adaptive", adaptive, [draw.floats([2, 3, 4, 6]), corners, images]))
        let regions = Tensor([1, 0, 1, 4, 3, 0, 2, 2, 9, 2] as [Float], [2, 5])
        samples.append(OperatorSample("max_roi_pool", MaxRoiPool(size: [2, 3], scale: 0.5), [draw.floats([2, 3, 4, 6]), regions]))
        return samples
    }()
}
