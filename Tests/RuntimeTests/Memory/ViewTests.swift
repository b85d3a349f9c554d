import IR
import TestSupport
import Testing

@testable import Runtime

/// Views against the obvious: a list of the element offsets in row-major order.
@Suite struct ViewTests {
    private func offsets(_ view: View) -> [Int] {
        guard view.count > 0 else { return [] }
        return (0..<view.count).map { number in
            var (rest, offset) = (number, view.offset)
            for axis in view.sizes.indices.reversed() {
                offset += rest % view.sizes[axis] * view.strides[axis]
                rest /= view.sizes[axis]
            }
            return offset
        }
    }

    private func random(_ seed: UInt64) -> View {
        var random = SeededRandom(seed: seed)
        var view = View(buffer: 0, dtype: .f32, sizes: (0..<4).map { _ in [1, 2, 3, 4, 6].randomElement(using: &random) ?? 1 })
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let axis = Int.random(in: 0..<view.rank, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: view = view.transposed(Array(0..<view.rank).shuffled(using: &random))
            case 1: view = view.sliced(axis: axis, start: view.sizes[axis] / 2, count: view.sizes[axis] - view.sizes[axis] / 2)
            default: view = view.expanded(to: view.sizes.map { $0 == 1 ? 2 : $0 })
            }
        }
        return view
    }

    @Test func reshapedViewsShowTheSameElements() {
        var found = 0
        for seed in 0..<500 {
            let view = random(UInt64(seed))
            let joined = Array(view.sizes.prefix(2)).reduce(1, *)
            for target in [[view.count], [joined, view.count / joined], [1, view.count, 1], view.sizes + [1]] {
                guard let reshaped = view.reshaped(to: target) else { continue }
                found += 1
                #expect(offsets(reshaped) == offsets(view), "\(view) as \(target)")
            }
            #expect(view.reshaped(to: [view.count + 1]) == nil)
        }
        #expect(found > 1000)
    }

    @Test func contiguousMeansDense() {
        for seed in 0..<500 {
            let view = random(UInt64(seed))
            #expect(view.isContiguous == (offsets(view) == Array(view.offset..<(view.offset + view.count))))
            if view.isContiguous { #expect(offsets(view.canonical) == offsets(view)) }
        }
    }

    @Test func rowsShowTheSameElements() {
        var found = 0
        for seed in 0..<500 {
            let view = random(UInt64(seed))
            guard let rows = view.rows else { continue }
            found += 1
            let listed = (0..<rows.count).flatMap { row in (0..<rows.columns).map { view.offset + row * rows.stride + $0 } }
            #expect(listed == offsets(view), "\(view)")
        }
        #expect(found > 50)
    }

    @Test func collapsingKeepsTheOrder() {
        for seed in 0..<500 {
            let view = random(UInt64(seed))
            let dense = View(buffer: 1, dtype: .f32, sizes: view.sizes)
            let (sizes, strides) = collapse(view.sizes, [view.strides, dense.strides])
            for (index, original) in [view, dense].enumerated() {
                var collapsed = View(buffer: 0, dtype: .f32, sizes: sizes)
                collapsed.strides = strides[index]
                collapsed.offset = original.offset
                #expect(offsets(collapsed) == offsets(original))
            }
        }
    }
}
