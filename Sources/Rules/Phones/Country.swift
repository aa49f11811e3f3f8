/// A country's way of writing phone numbers.
struct Country: Sendable, Hashable {
  /// ISO 3166-1: `FR`.
  let name: String
  /// What its numbers begin with in international form (ITU-T E.164): 33.
  let code: Digits
  /// What stands before a national number and falls away behind the code: the 0 of 06 39 98 00 42.
  let trunk: Digits?
  /// What is dialled before a foreign number: 00.
  let exit: Digits
  /// A bit for each number of digits that a national number may have.
  let lengths: UInt32
  /// What its national numbers begin with, where it shares its code with another; else none.
  let beginnings: [Digits]

  func isPossible(_ national: Digits) -> Bool {
    lengths >> UInt32(national.count) & 1 == 1
  }

  /// Numbers behind the code begin with a 0 here only where it was written by mistake, as in +33 (0)6 39 98 00 42.
  var dropsZero: Bool { trunk == Digits(value: 0, count: 1) }

  static let named: [String: Country] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The country of a number in international form; nil where none has such a code.
  static func of(_ number: Digits) -> Country? {
    for length in 1...min(3, number.count) {
      let countries = byCode[Int(number.prefix(length).value)]
      guard let first = countries.first, first.code.count == length else { continue }
      let national = number.dropFirst(length)
      return countries.dropFirst().first { $0.beginnings.contains(where: national.starts) } ?? first
    }
    return nil
  }

  private static let all: [Country] = table.split { $0 == "\n" || $0 == ";" }.compactMap { Country(reading: $0) }

  /// By code: those that share one, the greatest first.
  private static let byCode: [[Country]] = {
    var countries = [[Country]](repeating: [], count: 1000)
    for country in all { countries[Int(country.code.value)].append(country) }
    return countries
  }()

  /// A line of the table; a broken one would be found by the tests, which count the countries.
  private init?(reading line: Substring) {
    let parts = line.split(separator: " ")
    guard parts.count >= 5, let code = Digits(parts[1]), let exit = Digits(parts[3]) else { return nil }
    var lengths: UInt32 = 0
    for range in parts[4].split(separator: ",") {
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return nil }
      for length in first...last { lengths |= 1 << UInt32(length) }
    }
    name = String(parts[0])
    self.code = code
    trunk = Digits(parts[2])
    self.exit = exit
    self.lengths = lengths
    beginnings = parts.count > 5 ? parts[5].split(separator: ",").compactMap { Digits($0) } : []
  }
}
