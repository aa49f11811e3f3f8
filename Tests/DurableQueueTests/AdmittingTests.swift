import DurableQueue
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite struct AdmittingTests {
  let fixture: QueueFixture
  var queue: DurableQueue { fixture.queue }

  init() throws {
    fixture = try QueueFixture()
  }

  @Test func anotherConnectionSeesTheRowWhenTheReplyRuns() throws {
    let path = fixture.path
    let seen: (Int64??, Identifier?) = reply { answer in
      queue.admit(.sample(key: "k")) { result in
        let found = try? Connection(path: path, mode: .readOnly)
          .integer("SELECT count(*) FROM record JOIN delivery ON delivery.record = record.id")
        answer((found, try? result.get().record))
      }
    }
    #expect(seen.0 == 1)
    #expect(try fixture.connect().integer("SELECT id FROM record") == seen.1?.number)
  }

  @Test func theRowHoldsWhatWasSentAndWhatProvesIt() throws {
    let new = NewRecord.sample(key: "k")
    _ = queue.admit(new)
    let row = try fixture.connect().prepare(
      """
      SELECT source, provider, kind, sender, credential, body, body_sha256, headers, query, call_id, from_number,
        to_number, rules_version, unrouted, content_type FROM record
      """)
    #expect(try row.step())
    #expect((0..<5).map { row.text($0) } == ["pbx", "generic", "cdr", "127.0.0.1", "token"])
    #expect(row.blob(5) == new.raw.body)
    #expect(row.blob(6) == new.bodyHash)
    #expect(row.text(7) == #"[["user-agent","pbx \"1\""],["x-note","tab\there"]]"#)
    #expect(row.text(8) == #"[["a","b"]]"#)
    #expect(row.text(9) == "k")
    #expect(row.text(10) == "+33140000000")
    #expect(row.isNull(11))
    #expect(row.integer(12) == 1)
    #expect(row.integer(13) == 0)
    #expect(row.text(14) == "application/json")
  }

  @Test func theSameKeyAndContentIsADuplicateOfTheFirst() throws {
    let first = try queue.admit(.sample(key: "k")).get()
    let second = try queue.admit(.sample(key: "k")).get()
    #expect(first.outcome == .accepted(revision: 0))
    #expect(second.outcome == .duplicate)
    #expect(second.record == first.record)
    #expect(try fixture.count("delivery") == 1)
  }

  @Test func changedContentIsARevisionAndAnOldVersionSentAgainADuplicateOfIt() throws {
    let versions = ["one", "two", "three"]
    var receipts: [CommitReceipt] = []
    for content in versions { receipts.append(try queue.admit(.sample(key: "k", content: content)).get()) }
    #expect(receipts.map(\.revision) == [0, 1, 2])
    for (content, receipt) in zip(versions, receipts) {
      let again = try queue.admit(.sample(key: "k", content: content)).get()
      #expect(again.isDuplicate)
      #expect(again.record == receipt.record)
    }
    #expect(try fixture.count("delivery") == 3)
  }

  @Test func aDestinationMaySkipRevisions() throws {
    _ = queue.admit(.sample(key: "k", skipsRevisions: true))
    let revision = try queue.admit(.sample(key: "k", content: "two", skipsRevisions: true)).get()
    #expect(revision.revision == 1)
    #expect(try fixture.count("record") == 2)
    #expect(try fixture.count("delivery") == 1)
    #expect(try fixture.count("record WHERE unrouted = 1") == 0)
  }

  @Test func anotherScopeKeyOrTimeIsAnotherRecord() throws {
    let records = [
      NewRecord.sample(key: "k:a"), .sample(key: "k:b"), .sample(key: "k:a", scope: "other"),
      .sample(key: "k:a", sentAt: Instant(milliseconds: 8)), .sample(key: "a", scope: "pbx\u{1}k:"),
    ]
    for new in records {
      #expect(try queue.admit(new).get().revision == 0)
    }
    #expect(try fixture.count("record") == records.count)
  }

  @Test func equalRecordsInOneTransactionAreOneRecord() throws {
    // The hook runs before the first transaction, so that all others gather behind it.
    let gate = Gate()
    let replies = Mutex<[CommitReceipt]>([])
    let fixture = try QueueFixture(settings: .behind(gate))
    let queue = fixture.queue
    gate.closed {
      queue.admit(.sample(key: "blocker")) { _ in }
      for content in ["one", "one", "two", "one", "two"] {
        queue.admit(.sample(key: "k", content: content)) { result in
          replies.withLock { if let receipt = try? result.get() { $0.append(receipt) } }
        }
      }
    }
    queue.flush()
    let receipts = replies.withLock { $0 }
    #expect(receipts.map(\.revision) == [0, nil, 1, nil, nil])
    #expect(receipts.count == 5)
    #expect(Set(receipts.map(\.record)).count == 2)
    #expect(try fixture.count("delivery") == 3)
  }

  /// Records of one transaction go into the database together, which must not be seen.
  @Test func togetherOrOneByOneComesToTheSame() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let news = (0..<300).map { _ in
      NewRecord.sample(
        key: "key \(Int.random(in: 0..<40, using: &random))",
        content: "content \(Int.random(in: 0..<3, using: &random))",
        to: [["crm"], [], ["crm", "archive"]].randomElement(using: &random)!,
        skipsRevisions: Bool.random(using: &random))
    }
    let gate = Gate()
    let together = try QueueFixture(settings: .behind(gate))
    let replies = Mutex<[CommitReceipt?]>([])
    gate.closed {
      together.queue.admit(.sample(key: "blocker")) { _ in }
      for new in news { together.queue.admit(new) { result in replies.withLock { $0.append(try? result.get()) } } }
    }
    together.queue.flush()
    _ = queue.admit(.sample(key: "blocker"))
    var expected: [CommitReceipt] = []
    for new in news { expected.append(try queue.admit(new).get()) }
    #expect(replies.withLock { $0 }.map { $0?.outcome } == expected.map(\.outcome), "seed \(seed)")
    let rows = """
      SELECT group_concat(line) FROM (SELECT hex(dedup_key) || hex(content_hash) || revision || unrouted ||
        (SELECT coalesce(group_concat(destination || state), '') FROM delivery WHERE record = record.id) AS line
      FROM record ORDER BY record.id)
      """
    #expect(try together.connect().text(rows) == fixture.connect().text(rows), "seed \(seed)")
  }

  @Test func aRecordThatNoRuleMatchesIsStoredAndShown() throws {
    #expect(try queue.admit(.sample(key: "k", to: [])).get().revision == 0)
    #expect(try fixture.count("record WHERE unrouted = 1") == 1)
    #expect(try fixture.count("delivery") == 0)
  }

  @Test func withoutRoomADeliveryWaitsOnDiskAndTheTakerHearsOfIt() throws {
    let taker = fixture.startTaker()
    _ = queue.admit(.sample(key: "k", to: ["crm", "archive"]))
    #expect(taker.nextDue() == ["crm", "archive"])
    #expect(
      try fixture.count("delivery WHERE state = 'waiting' AND next_attempt_at_ms = \(fixture.time.now().milliseconds)")
        == 2)
  }

  @Test func withRoomADeliveryIsHandedOverAsSendingUntilTheRoomIsUsed() throws {
    let taker = fixture.startTaker(room: ["crm": 2])
    for key in ["k1", "k2"] {
      let new = NewRecord.sample(key: key)
      let receipt = try queue.admit(new).get()
      let taken = taker.nextTaken()
      #expect(taken.map(\.record) == [receipt.record])
      #expect(taken.map(\.raw) == [new.raw])
      #expect(try fixture.count("delivery WHERE state = 'sending' AND id = \(taken.first?.id.number ?? 0)") == 1)
    }
    _ = queue.admit(.sample(key: "k3"))
    #expect(taker.nextDue() == ["crm"])
    queue.grant(destination: "crm", room: 1)
    queue.grant(destination: "crm", room: -5)
    queue.grant(destination: "crm", room: 1)
    _ = queue.admit(.sample(key: "k4"))
    #expect(taker.nextDue() == ["crm"])
    queue.grant(destination: "crm", room: 1)
    _ = queue.admit(.sample(key: "k5"))
    #expect(taker.nextTaken().first?.raw.body == NewRecord.sample(key: "k5").raw.body)
  }

  @Test func aLargeBodyGoesByWayOfTheDisk() throws {
    let taker = fixture.startTaker(room: ["crm": 2])
    _ = queue.admit(.sample(key: "k", body: [UInt8](repeating: 0x20, count: 65537)))
    #expect(taker.nextDue() == ["crm"])
    _ = queue.admit(.sample(key: "l", body: [UInt8](repeating: 0x20, count: 65536)))
    #expect(taker.nextTaken().count == 1)
  }

  @Test func manyThreadsGetOneReplyEach() throws {
    let threads = 4
    let each = 1500
    let answers = Mailbox<Result<CommitReceipt, CommitFailure>>()
    let senders = (0..<threads).map { thread in
      BackgroundThread { [queue] in
        for number in 0..<each {
          // Every key is sent by two threads.
          queue.admit(.sample(key: "\(thread / 2)-\(number)")) { answers.put($0) }
        }
      }
    }
    let replies = (0..<threads * each).compactMap { _ in answers.next() }
    for sender in senders { sender.join() }
    let receipts = replies.compactMap { try? $0.get() }
    #expect(replies.count == threads * each)
    #expect(receipts.count == threads * each)
    #expect(receipts.count { $0.revision == 0 } == threads * each / 2)
    #expect(receipts.count { $0.isDuplicate } == threads * each / 2)
    #expect(Set(receipts.map(\.record)).count == threads * each / 2)
    #expect(try fixture.count("record") == threads * each / 2)
    #expect(
      try fixture.connect().text("SELECT accepted || ' ' || duplicate FROM source_hour") == "\(each * 2) \(each * 2)")
    #expect(try fixture.connect().text("PRAGMA integrity_check") == "ok")
  }

  @Test func whatDoesNotFitTheWaitingLineIsRefusedAtOnce() throws {
    let gate = Gate()
    var settings = DurableQueue.Settings.behind(gate)
    settings.waitingLimit = 3
    settings.waitingBytes = 1000
    let fixture = try QueueFixture(settings: settings)
    let failures = Mutex<[CommitFailure]>([])
    let large = NewRecord.sample(key: "large", body: [UInt8](repeating: 0x20, count: 2000))
    gate.closed {
      for number in 0..<20 {
        fixture.queue.admit(number == 19 ? large : .sample(key: "\(number)")) { result in
          if case .failure(let failure) = result { failures.withLock { $0.append(failure) } }
        }
      }
    }
    fixture.queue.flush()
    let refused = failures.withLock { $0 }
    // Up to three may have been taken before the gate stopped the writer, and three wait.
    #expect((14...17).contains(refused.count))
    #expect(refused.allSatisfy { $0 == .busy })
    #expect(try fixture.count("record") == 20 - refused.count)
    #expect(try fixture.queue.admit(large).get().revision == 0)
  }

  @Test func aClosedQueueSaysSo() throws {
    queue.close()
    #expect(queue.admit(.sample(key: "k")).failure == .closed)
    #expect(queue.quarantine(.sample("x")).failure == .closed)
    #expect(queue.claim("crm").failure == .closed)
    #expect(throws: CommitFailure.closed) { try queue.registerRules(text: "{}") }
  }

  @Test func closingCommitsWhatIsThere() throws {
    let replies = Mutex<[Result<CommitReceipt, CommitFailure>]>([])
    for number in 0..<500 {
      queue.admit(.sample(key: "\(number)")) { result in replies.withLock { $0.append(result) } }
    }
    queue.close()
    #expect(replies.withLock { $0 }.count { (try? $0.get()) != nil } == 500)
    #expect(try fixture.count("record") == 500)
  }
}

extension Result {
  var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
