import RelayCore

/// Finds keys that stand twice in one object. The JSON reader lets the last one win, as records need it; in a rule file the
/// first would be lost without a word.
struct DuplicateKeys {
  private enum Level {
    case object(RulePath, Set<String>)
    case list(RulePath, Int)
  }

  /// Places of keys that stand there again, in the order of the text, which must be valid JSON.
  static func find(in bytes: [UInt8]) -> [RulePath] {
    var levels: [Level] = []
    var found: [RulePath] = []
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
        let end = endOfString(bytes, position)
        if isKey, case .object(let path, var keys) = levels.last {
          let key = (try? JSONParser.parse(Array(bytes[position...end])))?.string ?? ""
          value = path.key(key)
          if !keys.insert(key).inserted { found.append(value) }
          levels[levels.count - 1] = .object(path, keys)
          isKey = false
        }
        position = end
      default: break
      }
      position += 1
    }
    return found
  }

  private static func endOfString(_ bytes: [UInt8], _ start: Int) -> Int {
    var position = start + 1
    while position < bytes.count - 1, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(position, bytes.count - 1)
  }
}
