import Calibration
import Compilation
import Exporters
import Files
import Formats
import Foundation
import FourM
import FourMSampling
import FourMSettings
import FourMText
import FourMTraining
import Hub
import IR
import Importers
import Inspect
import Media
import Passes
import Runtime
import Training

extension TesseraError {
    /// `error` as the door shows it: the one place where errors of the inner modules get their category.
    package init(_ error: any Error) {
        switch error {
        case let error as TesseraError: self = error
        case is CancellationError: self.init(.cancelled, "stopped")
        case let error as CheckpointError: self.init(error)
        case let error as ImportError: self.init(error.category, error.description, file: error.file, node: error.subject)
        case let error as ONNXImportError: self.init(error.category, error.description, file: error.file, node: error.node)
        case let error as ONNXExportError: self.init(error.category, error.description)
        case let error as HubError: self.init(error.category, error.description)
        case let error as MediaError: self.init(error)
        case let error as RuntimeError: self.init(error.category, error.description, node: error.node)
        case let error as FourMError: self.init(error.category, error.description)
        case let error as OutputError: self.init(error.category, error.description, file: error.path)
        case let error as InputError: self.init(error.cause == .missing ? .notFound : .unreadable, error.description, file: error.path)
        case let error as WorkError: self.init(error.category, error.description)
        case let error as WordPieceTrainingError:
            self.init(error.isRequest ? .usage : .unreadable, error.description, file: error.file)
        case let error as CompilationError: self.init(error.cause == .request ? .usage : .unreadable, error.description)
        case is CalibrationError: self.init(.unreadable, "\(error)")
        case is BundleError, is SettingsError, is TokenizerError, is ParseError, is MetadataError: self.init(.unreadable, "\(error)")
        case is BindingError, is ScheduleError, is SamplingError, is SchedulerError, is PassError, is TrainingError,
            is TrainingScheduleError:
            self.init(.usage, "\(error)")
        case let error as MaskingError: self.init(error.isSample ? .unreadable : .usage, error.description)
        case is VerificationError, is GraphError, is InferenceError, is EvaluationError, is AttributeError:
            self.init(.internal, "\(error)")
        default: self.init(system: error)
        }
    }

    private init(_ error: CheckpointError) {
        let category: ErrorCategory =
            switch error.kind {
            case .unreadable: FileManager.default.fileExists(atPath: error.file) ? .unreadable : .notFound
            case .truncated, .malformed, .inconsistent, .missing, .duplicate, .configuration: .unreadable
            case .unsupported: .unsupported
            case .unwritable: .outOfResources
            }
        self.init(category, error.description, file: error.file, node: error.subject, remedy: error.advice)
    }

    private init(_ error: MediaError) {
        let category: ErrorCategory =
            switch error.kind {
            case .file: FileManager.default.fileExists(atPath: error.file) ? .unreadable : .notFound
            case .format, .size, .library: .unsupported
            case .corrupt: .unreadable
            case .argument: .usage
            }
        let (file, remedy) = (error.file.isEmpty ? nil : error.file, error.remedy.isEmpty ? nil : error.remedy)
        self.init(category, error.description, file: file, remedy: remedy)
    }

    /// Foundation's errors, whose own texts tell neither path nor reason; anything else is a fault.
    private init(system error: any Error) {
        guard type(of: error) == NSError.self || error is CocoaError || error is POSIXError else {
            self.init(.internal, "\(error)")
            return
        }
        let found = error as NSError
        let path = found.userInfo[NSFilePathErrorKey] as? String
        let number = TesseraError.number(found)
        let reason = number.map { String(cString: strerror($0)) } ?? found.localizedDescription
        let category: ErrorCategory =
            switch number {
            case ENOENT, ENOTDIR: .notFound
            case EISDIR, EINVAL, EEXIST: .unreadable
            case nil: found.domain == NSCocoaErrorDomain && found.code == CocoaError.fileReadNoSuchFile.rawValue ? .notFound : .unreadable
            default: .outOfResources
            }
        self.init(category, (path.map { "\($0): " } ?? "") + reason, file: path)
    }

    private static func number(_ error: NSError) -> Int32? {
        if error.domain == NSPOSIXErrorDomain { return Int32(truncatingIfNeeded: error.code) }
        return (error.userInfo[NSUnderlyingErrorKey] as? any Error).flatMap { number($0 as NSError) }
    }
}

extension ImportError {
    fileprivate var category: ErrorCategory {
        switch self {
        case .missingConfiguration, .badValue, .missingTensor, .wrongShape, .unexpectedTensors: .unreadable
        case .wrongDType, .unreadTensor, .unknownFamily, .unsupported: .unsupported
        case .missingHalf, .noHalves, .missingModality: .usage
        }
    }

    fileprivate var file: String? {
        switch self {
        case .missingConfiguration(let file), .unknownFamily(let file), .badValue(let file, _, _, _), .missingTensor(let file, _, _),
            .wrongShape(let file, _, _, _), .wrongDType(let file, _, _), .unreadTensor(let file, _, _), .unexpectedTensors(let file, _),
            .missingHalf(let file, _), .noHalves(let file, _), .missingModality(let file, _, _, _):
            file
        case .unsupported: nil
        }
    }

    /// The tensor, key or modality concerned.
    fileprivate var subject: String? {
        switch self {
        case .badValue(_, let name, _, _), .missingTensor(_, let name, _), .wrongShape(_, let name, _, _), .wrongDType(_, let name, _),
            .unreadTensor(_, let name, _),
            .missingModality(_, let name, _, _):
            name
        case .unexpectedTensors(_, let names): names.first
        case .missingConfiguration, .unknownFamily, .missingHalf, .noHalves, .unsupported: nil
        }
    }
}

extension ONNXImportError {
    fileprivate var category: ErrorCategory {
        switch self {
        case .unsupported, .needsValues, .needsTypes: .unsupportedModel
        case .node, .model: .unreadable
        }
    }

    fileprivate var file: String {
        switch self {
        case .unsupported(let file, _), .node(let file, _, _, _), .needsValues(let file, _, _, _), .needsTypes(let file, _),
            .model(let file, _):
            file
        }
    }

    fileprivate var node: String? {
        switch self {
        case .node(_, let node, _, _), .needsValues(_, _, let node, _): node
        case .unsupported, .needsTypes, .model: nil
        }
    }
}

extension ONNXExportError {
    fileprivate var category: ErrorCategory {
        switch self {
        case .unsupported: .unsupportedModel
        case .opset, .function: .usage
        }
    }
}

extension OutputError {
    fileprivate var category: ErrorCategory {
        switch cause {
        case .request: .usage
        case .missing: .notFound
        case .resources: .outOfResources
        }
    }
}

extension HubError {
    fileprivate var category: ErrorCategory {
        switch kind {
        case .invalid: .usage
        case .notFound, .notCached, .incomplete, .missing: .notFound
        case .malformed, .corrupt: .unreadable
        case .offline, .unreachable, .untrusted, .unauthorized, .unwritable: .outOfResources
        }
    }
}

extension RuntimeError {
    fileprivate var category: ErrorCategory {
        switch cause {
        case .call: .usage
        case .resources: .outOfResources
        case .unsupported: .unsupported
        case .fault: .internal
        }
    }
}

extension WorkError {
    fileprivate var category: ErrorCategory {
        switch cause {
        case .request: .usage
        case .content: .unreadable
        case .missing: .notFound
        case .resources: .outOfResources
        }
    }
}

extension FourMError {
    fileprivate var category: ErrorCategory {
        switch cause {
        case .request: .usage
        case .content: .unreadable
        case .fault: .internal
        }
    }
}
