/// Measured numbers of nodes, by function and by the name of the node.
package struct NodeMetrics: Sendable {
    package var seconds: [String: [String: Double]]
    package var errors: [String: [String: Double]]

    package init(seconds: [String: [String: Double]] = [:], errors: [String: [String: Double]] = [:]) {
        (self.seconds, self.errors) = (seconds, errors)
    }
}
