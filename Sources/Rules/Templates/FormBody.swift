import HTTPTypes
import RelayCore

/// An object as `application/x-www-form-urlencoded`: `name=value`, of a list once for each element, of an object as
/// `name[key]=value`; null is empty.
enum FormBody {
  static func text(_ object: JSONObject) -> String {
    object.members.flatMap { pairs(PercentEncoding.encode($0.key), $0.value) }.joined(separator: "&")
  }

  private static func pairs(_ name: String, _ value: JSON) -> [String] {
    switch value {
    case .array(let elements): elements.flatMap { pairs(name, $0) }
    case .object(let object):
      object.members.flatMap { pairs("\(name)%5B\(PercentEncoding.encode($0.key))%5D", $0.value) }
    default: ["\(name)=\(PercentEncoding.encode(value.plainText))"]
    }
  }
}
