import Synchronization
import Tessera

/// Regions of shared memory by name, as clients registered them. Requests that use one keep it open.
package final class SharedMemoryTable: Sendable {
    /// Most regions at once.
    package static let limit = 1024

    private let regions = Mutex<[String: SharedRegion]>([:])

    /// A table of no regions.
    package init() {}

    /// What is registered, by name.
    package var all: [String: SharedRegion] { regions.withLock { $0 } }

    /// The region `name`.
    /// - Throws: ``TesseraError`` of category `notFound`.
    package func region(_ name: String) throws(TesseraError) -> SharedRegion {
        guard let region = regions.withLock({ $0[name] }) else {
            throw TesseraError(.notFound, "no shared memory '\(name)' is registered")
        }
        return region
    }

    /// Registers `region`.
    /// - Returns: whether its name was free.
    /// - Throws: ``TesseraError`` of category `outOfResources` where there are too many.
    package func add(_ region: SharedRegion) throws(TesseraError) -> Bool {
        let (isFull, isAdded) = regions.withLock { regions in
            if regions[region.name] != nil { return (false, false) }
            if regions.count >= SharedMemoryTable.limit { return (true, false) }
            regions[region.name] = region
            return (false, true)
        }
        if isFull {
            throw TesseraError(.outOfResources, "\(SharedMemoryTable.limit) shared memory regions are registered; unregister some")
        }
        return isAdded
    }

    /// Forgets the region `name`, or all if it is empty; one that is not there is forgotten already.
    package func remove(_ name: String) {
        // The objects are closed outside of the lock.
        let removed = regions.withLock { regions in
            let before = regions
            if name.isEmpty { regions = [:] } else { regions[name] = nil }
            return before
        }
        withExtendedLifetime(removed) {}
    }
}
