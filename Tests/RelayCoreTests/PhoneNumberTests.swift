import RelayCore
import Testing

@Suite struct PhoneNumberTests {
  @Test(arguments: [
    "+33639980042", "0033639980042", "33639980042", "+33 6 39 98 00 42", "+33-639-98.00.42", "(+33) 639980042",
    "tel:+33639980042",
  ])
  func spellingsOfOneNumber(text: String) {
    #expect(PhoneNumber.digits(text) == "33639980042")
  }

  @Test func whatHasNoDigits() {
    #expect(PhoneNumber.digits("anonymous") == "")
    #expect(PhoneNumber.digits("00") == "")
    #expect(PhoneNumber.digits("٣٣") == "")
  }
}
