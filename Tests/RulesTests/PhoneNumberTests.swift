import RelayCore
import Testing

@testable import Rules

@Suite struct PhoneNumberTests {
  private func read(_ text: String, _ country: String?) -> String? {
    Digits(phoneNumber: text, in: country.flatMap { Country.named[$0] })?.text
  }

  @Test(arguments: [
    ("0639980042", "FR", "33639980042"), ("33639980042", "FR", "33639980042"), ("639980042", "FR", "33639980042"),
    ("+33 6.39-98/00 42", "FR", "33639980042"), ("+33 (0)6 39 98 00 42", "DE", "33639980042"),
    ("0033639980042", "DE", "33639980042"), ("919876543210", "FR", "919876543210"),
    ("14155550123", "FR", "14155550123"),
    ("030 123456", "DE", "4930123456"), ("2125550123", "US", "12125550123"), ("12125550123", "US", "12125550123"),
    ("011 33 639980042", "US", "33639980042"), ("020 7946 0018", "GB", "442079460018"),
    ("89161234567", "RU", "79161234567"), ("79161234567", "RU", "79161234567"), ("81033639980042", "RU", "33639980042"),
    ("912345678", "ES", "34912345678"), ("34912345678", "ES", "34912345678"), ("06 6982 0000", "IT", "390669820000"),
    ("09876543210", "IN", "919876543210"), ("0011 33 639980042", "AU", "33639980042"),
    ("+33\u{A0}6 39 98 00 42", "FR", "33639980042"),
  ])
  func numbersAreReadAsInTheirCountry(text: String, country: String, expected: String) {
    #expect(read(text, country) == expected)
  }

  @Test func withoutACountryDigitsAreInternational() {
    #expect(read("33639980042", nil) == "33639980042")
    #expect(read("919876543210", nil) == "919876543210")
    #expect(read("0639980042", nil) == nil)
    #expect(read("101", nil) == nil)
    #expect(read("2222223", nil) == nil)
  }

  @Test(arguments: [
    "", "+", "anonymous", "+33 6x", "06+39980042", "++33639980042", "*31#0639980042", "12345678901234567890", "+3361",
    "00", "sip:0639980042@x", "+0639980042", "٠٦٣٩٩٨٠٠٤٢",
  ])
  func whatIsNoNumberIsNone(text: String) {
    #expect(read(text, "FR") == nil)
  }

  @Test(arguments: [
    ("33639980042", "FR"), ("12125550123", "US"), ("14165550123", "CA"), ("18765550123", "JM"), ("79161234567", "RU"),
    ("77011234567", "KZ"), ("390669812345", "VA"), ("393331234567", "IT"), ("447700900123", "GB"),
    ("447797123456", "JE"),
    ("35818123456", "AX"), ("358401234567", "FI"), ("4779123456", "SJ"), ("212650123456", "MA"), ("262639123456", "YT"),
    ("59997171234", "CW"), ("5993181234", "BQ"), ("919876543210", "IN"), ("85291234567", "HK"), ("2903123", "SH"),
  ])
  func countriesAreKnownByTheirCodes(number: String, country: String) throws {
    #expect(Country.of(try #require(Digits(number)))?.name == country)
  }

  @Test func theTableIsWhole() throws {
    #expect(Country.named.count == 243)
    for country in Country.named.values {
      #expect(country.lengths != 0 && (1...3).contains(country.code.count), "\(country.name)")
      let beginning = country.beginnings.first ?? Digits(value: 2, count: 1)
      let number = try #require(country.code.followed(by: beginning))
      if !country.beginnings.isEmpty { #expect(Country.of(number)?.name == country.name) }
    }
    #expect(Country.of(Digits(value: 999_123, count: 6)) == nil)
    #expect(Country.of(Digits(value: 0, count: 3)) == nil)
  }
}
