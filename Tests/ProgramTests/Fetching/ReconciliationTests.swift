import RelayCore
import Testing

@testable import cdrelay

@Suite struct ReconciliationTests {
  private static let begin = Instant(milliseconds: 1_759_309_200_000)

  @Test func theListIsBoundedAndTheCountsAreWhole() {
    var report = Reconciliation(source: "s", from: Self.begin, to: Self.begin + 7_200_000, limit: 3)
    for number in 0..<10 { report.add(.init(finding: .missing, at: Self.begin + Int64(number) * 600_000)) }
    report.add(.init(finding: .same, at: Self.begin))
    report.add(.init(finding: .extra, at: Self.begin))
    report.add(.init(finding: .different, at: Self.begin), isStored: false)
    report.add(.init(finding: .missing, at: Self.begin), isStored: true)
    #expect(report.listed.count == 3)
    #expect(report.unlisted == 10)
    #expect(report.total == .init(provider: 13, ours: 3, missing: 11, stored: 1, extra: 1, different: 1))
    #expect(report.hours.values.map(\.missing).sorted() == [4, 7])
    #expect(!report.isComplete)
  }

  @Test func whatIsKeptNamesNoNumbers() {
    var report = Reconciliation(source: "s", from: Self.begin, to: Self.begin + 1, limit: 3)
    report.add(.init(finding: .missing, at: Self.begin, id: "id-1", from: "33123456789", to: "33987654321"))
    #expect(JSON.object(report.json(numbers: true)).text.contains("33123456789"))
    let kept = JSON.object(report.json(numbers: false)).text
    #expect(!kept.contains("33123456789") && !kept.contains("33987654321") && kept.contains("id-1"))
  }
}
