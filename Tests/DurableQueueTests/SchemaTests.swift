import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// The database itself refuses rows that can't be.
@Suite struct SchemaTests {
  static let impossible: [(constraint: String, sql: String)] = [
    ("rules_version_sha256_is_32_bytes", "UPDATE rules_version SET sha256 = x'00'"),
    ("record_provider_is_known", "UPDATE record SET provider = 'skype'"),
    ("record_kind_is_known", "UPDATE record SET kind = 'other'"),
    ("record_dedup_key_is_24_bytes", "UPDATE record SET dedup_key = zeroblob(23)"),
    ("record_content_hash_is_16_bytes", "UPDATE record SET content_hash = zeroblob(32)"),
    ("record_revision_counts_from_0", "UPDATE record SET revision = -1"),
    ("record_unrouted_is_0_or_1", "UPDATE record SET unrouted = 2"),
    ("record_body_sha256_is_32_bytes", "UPDATE record SET body_sha256 = zeroblob(16)"),
    ("delivery_state_is_a_word", "UPDATE delivery SET state = 'lost'"),
    ("delivery_attempts_count_from_0", "UPDATE delivery SET attempts = -1, attempts_before_replay = -1"),
    ("delivery_replay_keeps_attempts", "UPDATE delivery SET attempts_before_replay = 1"),
    ("delivery_tries_include_attempts", "UPDATE delivery SET attempts = 1"),
    ("delivery_replays_count_from_0", "UPDATE delivery SET replays = -1"),
    ("delivery_waits_for_a_time", "UPDATE delivery SET next_attempt_at_ms = NULL"),
    ("delivery_waits_for_a_time", "UPDATE delivery SET state = 'sending'"),
    ("delivery_settles_once", "UPDATE delivery SET state = 'delivered', next_attempt_at_ms = NULL"),
    ("delivery_settles_once", "UPDATE delivery SET settled_at_ms = 1"),
    (
      "delivery_ends_with_a_reason",
      "UPDATE delivery SET state = 'dead', next_attempt_at_ms = NULL, settled_at_ms = 1"
    ),
    ("attempt_number_counts_from_1", "UPDATE attempt SET number = 0"),
    ("attempt_request_sha256_is_32_bytes", "UPDATE attempt SET request_sha256 = x''"),
    ("attempt_outcome_is_a_word", "UPDATE attempt SET outcome = 'maybe'"),
    ("quarantine_state_is_a_word", "UPDATE quarantine SET state = 'lost', settled_at_ms = 1"),
    ("quarantine_times_count_from_1", "UPDATE quarantine SET times = 0"),
    ("quarantine_content_hash_is_32_bytes", "UPDATE quarantine SET content_hash = x''"),
    ("quarantine_settles_once", "UPDATE quarantine SET settled_at_ms = 1"),
    ("quarantine_replay_made_a_record", "UPDATE quarantine SET state = 'replayed', settled_at_ms = 1"),
    ("queue_count_has_one_row", "UPDATE queue_count SET one = 2"),
    ("queue_count_counts_from_0", "UPDATE queue_count SET unsettled = -1"),
    ("refused_state_is_a_word", "UPDATE refused SET state = 'lost', settled_at_ms = 1"),
    ("refused_times_count_from_1", "UPDATE refused SET times = 0"),
    ("refused_content_hash_is_32_bytes", "UPDATE refused SET content_hash = x''"),
    ("refused_bytes_count_from_0", "UPDATE refused SET bytes = -1"),
    ("refused_settles_once", "UPDATE refused SET settled_at_ms = 1"),
    ("refused_replay_made_a_record", "UPDATE refused SET state = 'replayed', settled_at_ms = 1"),
    ("hold_kind_is_known", "UPDATE hold SET kind = 'whim'"),
    ("erased_hash_is_32_bytes", "UPDATE erased SET hash = x'00'"),
    ("erased_whole_is_0_or_1", "UPDATE erased SET whole = 2"),
    ("erasure_key_has_one_row", "UPDATE erasure_key SET one = 2"),
    ("captured_value_is_short", "UPDATE captured SET value = ''"),
    ("erasure_key_is_32_bytes", "UPDATE erasure_key SET key = x'00'"),
    ("copied_has_one_row", "UPDATE copied SET one = 2"),
    ("rules_load_has_one_row", "UPDATE rules_load SET one = 2"),
    ("rules_load_origin_is_known", "UPDATE rules_load SET origin = 'whim'"),
    ("reconciliation_report_has_its_time", "UPDATE reconciliation SET report = NULL"),
    ("reconciliation_failure_has_its_time", "UPDATE reconciliation SET failure = 'why'"),
    ("rules_load_sha256_is_32_bytes", "UPDATE rules_load SET file_sha256 = x'00'"),
    ("call_request_sha256_is_32_bytes", "UPDATE call_request SET request_sha256 = x'00'"),
    ("call_request_state_is_a_word", "UPDATE call_request SET state = 'lost', settled_at_ms = 1"),
    (
      "call_request_fault_is_a_word",
      "UPDATE call_request SET state = 'refused', fault = 'whim', settled_at_ms = 1"
    ),
    ("call_request_settles_once", "UPDATE call_request SET settled_at_ms = 1"),
    ("call_request_is_marked_before_it_is_sent", "UPDATE call_request SET state = 'sending'"),
    ("call_request_says_why", "UPDATE call_request SET state = 'refused', settled_at_ms = 1"),
  ]

  @Test(arguments: impossible.indices) func anImpossibleRowIsRefusedByName(index: Int) throws {
    let (constraint, sql) = Self.impossible[index]
    let fixture = try Self.filled()
    let database = try fixture.connect(.readWrite)
    let error = #expect(throws: DatabaseError.self) { try database.execute(sql) }
    #expect(error?.message == "CHECK constraint failed: \(constraint)")
  }

  @Test func theNameOfEveryInstantEndsInAtMs() throws {
    let folder = try TemporaryFolder()
    let file = try DatabaseFile.open(path: folder.file("cdrelay.db"), time: ManualTime())
    let statement = try file.connection.prepare(
      """
      SELECT c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
      WHERE t.type = 'table' AND c.name GLOB '*_ms' AND c.name NOT GLOB '*_at_ms'
      """)
    var others: Set<String> = []
    while try statement.step() { others.insert(statement.text(0)) }
    #expect(others == ["took_ms", "held_before_ms", "held_total_ms"], "these are spans")
  }

  @Test func everyNamedConstraintIsTried() throws {
    let folder = try TemporaryFolder()
    let file = try DatabaseFile.open(path: folder.file("cdrelay.db"), time: ManualTime())
    let statement = try file.connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'")
    var names: Set<String> = []
    while try statement.step() {
      for match in statement.text(0).matches(of: /CONSTRAINT (\w+)\s+CHECK/) { names.insert(String(match.1)) }
    }
    #expect(names == Set(Self.impossible.map(\.constraint)))
  }

  @Test func aRecordIsThereOnce() throws {
    let fixture = try Self.filled()
    let error = #expect(throws: DatabaseError.self) {
      try fixture.connect(.readWrite).execute(
        """
        INSERT INTO record SELECT 1, source, provider, kind, received_at_ms, dedup_key, content_hash, revision, unrouted,
          sender, credential, body_sha256, rules_version, call_id, conversation_id, request_id, from_number, to_number,
          content_type, headers, query, body FROM record
        """)
    }
    #expect(error?.message == "UNIQUE constraint failed: record.dedup_key, record.content_hash")
  }

  /// A row in every table that has a CHECK: one waiting delivery, one tried.
  private static func filled() throws -> QueueFixture {
    let fixture = try QueueFixture()
    let queue = fixture.queue
    let load = RulesLoad(at: fixture.time.now(), origin: .start, path: "/etc/rules.json", fileHash: nil)
    _ = try queue.registerRules(text: "{}", load: load)
    _ = queue.admit(.sample(key: "k"))
    _ = queue.quarantine(.sample("nonsense"))
    queue.keepRefused(source: "pbx", bytes: 4, limit: 100) { .sample("nope", at: fixture.time.now()) }
    queue.hold("crm", .person, reason: "maintenance")
    queue.flush()
    queue.close()
    let database = try fixture.connect(.readWrite)
    try database.execute(
      """
      INSERT INTO attempt SELECT id, 1, 0, 0, NULL, NULL, 'postponed', NULL, NULL FROM delivery;
      INSERT INTO erased VALUES (zeroblob(32), 1, 0);
      INSERT INTO erasure_key VALUES (1, zeroblob(32));
      INSERT INTO copied VALUES (1, 0);
      INSERT INTO reconciliation VALUES ('telecmi', 0, '{}', NULL, NULL);
      INSERT INTO call_request (id, source, client, request_sha256, state, accepted_at_ms)
        VALUES (1, 'pbx', 'crm', zeroblob(32), 'accepted', 0);
      INSERT INTO captured SELECT 'crm', 'a', '7', 0, id FROM delivery
      """)
    return fixture
  }
}
