import RelayCore

/// Where the texts of a rule file stand in it, which the values that were read no longer say.
struct WrittenTexts {
  /// Keys that stand again in the same object, in order. The JSON reader lets the last one win, as records need it; in a
  /// rule file the first would be lost without a word.
  private(set) var repeatedKeys: [RulePath] = []
  private let bytes: [UInt8]
  /// Values that are texts, in order, with their quotation marks.
  private var values: [(path: RulePath, place: ClosedRange<Int>)] = []

  private enum Level {
    case object(RulePath, Set<String>)
    case list(RulePath, Int)
  }

  /// The file with the mask of secrets in place of the texts at these paths, and all else as it is.
  func masking(_ paths: [RulePath]) -> String {
    var masked = bytes
    for value in values.reversed() where paths.contains(value.path) {
      masked.replaceSubrange(value.place, with: JSON.string(Secret.mask).text.utf8)
    }
    return String(decoding: masked, as: UTF8.self)
  }

  /// `bytes` must be valid JSON.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var levels: [Level] = []
    var value = RulePath.top
    var isKey = false
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "{"):
        levels.append(.object(value, []))
        isKey = true
      case UInt8(ascii: "["):
        levels.append(.list(value, 0))
        value = value.index(0)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        levels.removeLast()
        isKey = false
      case UInt8(ascii: ","):
        switch levels.last {
        case .object: isKey = true
        case .list(let path, let index):
          levels[levels.count - 1] = .list(path, index + 1)
          value = path.index(index + 1)
        case nil: break
        }
      case UInt8(ascii: "\""):
        let end = Self.endOfString(bytes, position)
        if isKey, case .object(let path, var keys) = levels.last {
          let key = (try? JSONParser.parse(Array(bytes[position...end])))?.string ?? ""
          value = path.key(key)
          if !keys.insert(key).inserted { repeatedKeys.append(value) }
          levels[levels.count - 1] = .object(path, keys)
          isKey = false
        } else {
          values.append((value, position...end))
        }
        position = end
      default: break
      }
      position += 1
    }
  }

  private static func endOfString(_ bytes: [UInt8], _ start: Int) -> Int {
    var position = start + 1
    while position < bytes.count - 1, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(position, bytes.count - 1)
  }
}
