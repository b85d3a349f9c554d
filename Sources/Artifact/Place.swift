import Formats
import IR
import Runtime

/// What a packed tensor of the file is.
struct Place: Codable {
    /// Key of the weight in the program.
    let weight: String
    let layout: String
    let form: String
    let target: String

    func constant(_ name: String, _ section: Section) throws(CheckpointError) -> PackedConstant {
        guard let bytes = section.tensor(name)?.bytes else {
            throw CheckpointError(.missing, file: section.path, subject: name, "the packed weight of @\(weight) is not in the file")
        }
        guard let layout = Layout(rawValue: layout), let form = PackedConstant.Form(rawValue: form),
            let set = Machine.InstructionSet(name: target)
        else {
            throw CheckpointError(
                .malformed, file: section.path, subject: name, "there is no packed order '\(layout), \(form)' for '\(target)'")
        }
        return PackedConstant(key: weight, layout: layout, form: form, instructionSet: set, bytes: bytes)
    }
}
