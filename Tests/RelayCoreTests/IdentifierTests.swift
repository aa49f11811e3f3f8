import RelayCore
import Testing

@Suite struct IdentifierTests {
  @Test func textIsDecimal() {
    #expect(Identifier("42") == Identifier(42))
    #expect(Identifier(42).description == "42")
    #expect(Identifier("9223372036854775807") == Identifier(.max))
  }

  @Test(arguments: ["", "0", "-1", "+5", "9223372036854775808", "1.0", "1e3", " 1", "1 ", "0x1", "١", "abc"])
  func whatIsNoIdentifier(text: String) {
    #expect(Identifier(text) == nil)
  }

  @Test func numbersOfOneProcessRiseAlsoWhenTheClockStepsBack() {
    var generator = IdentifierGenerator(process: 77)
    var last = Identifier(0)
    let start = Instant(milliseconds: 1_759_309_200_000)
    for round in 0..<5000 {
      let now = round < 3000 ? start : start + -60_000
      let next = generator.next(at: now)
      #expect(next > last)
      last = next
    }
    #expect(generator.next(at: start + 1_000_000) > last)
  }

  @Test func numbersOfTwoProcessesDoNotMeet() {
    var one = IdentifierGenerator(process: 1)
    var two = IdentifierGenerator(process: 2)
    let now = Instant(milliseconds: 1_759_309_200_000)
    let numbers = (0..<2000).flatMap { _ in [one.next(at: now), two.next(at: now)] }
    #expect(Set(numbers).count == 4000)
  }

  @Test func aClockBeforeTheEpochStillGivesIdentifiers() {
    var generator = IdentifierGenerator(process: .max)
    let first = generator.next(at: Instant(milliseconds: 0))
    #expect(first.number > 0)
    #expect(generator.next(at: Instant(milliseconds: .min)) > first)
  }
}
