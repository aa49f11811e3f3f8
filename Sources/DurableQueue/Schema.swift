/// The tables, by version. A migration is never edited once it has shipped: a later one changes what it made.
///
/// Words and instants: every instant is an integer `…_at_ms` (milliseconds since 1970, UTC); states are the words of
/// `DeliveryState`, since admins look with `sqlite3`.
///
/// Lists of more than two words are written with OR: for `IN` SQLite builds a table of its own at each row, which doubled
/// the CPU of an insert.
package enum Schema {
  package static let migrations: [String] = [
    version1, version2, version3, version4, version5, version6, version7, version8, version9, version10,
  ]

  package static var newestVersion: Int { migrations.count }

  private static let version1 = """
    CREATE TABLE rules_version (
      version INTEGER PRIMARY KEY,
      loaded_at_ms INTEGER NOT NULL,
      sha256 BLOB NOT NULL CONSTRAINT rules_version_sha256_is_32_bytes CHECK (length(sha256) = 32),
      -- The rule file as it was, its secrets unresolved.
      text TEXT NOT NULL
    ) STRICT;

    CREATE TABLE record (
      id INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      provider TEXT NOT NULL CONSTRAINT record_provider_is_known
        CHECK (provider = 'telecmi' OR provider = 'callr' OR provider = 'generic'),
      kind TEXT NOT NULL CONSTRAINT record_kind_is_known CHECK (kind IN ('cdr', 'live')),
      received_at_ms INTEGER NOT NULL,
      -- 8 bytes of the record's own time, then 16 of SHA-256 over scope and key: rows of one time lie together.
      dedup_key BLOB NOT NULL CONSTRAINT record_dedup_key_is_24_bytes CHECK (length(dedup_key) = 24),
      content_hash BLOB NOT NULL CONSTRAINT record_content_hash_is_16_bytes CHECK (length(content_hash) = 16),
      revision INTEGER NOT NULL CONSTRAINT record_revision_counts_from_0 CHECK (revision >= 0),
      -- 1 where no rule matched.
      unrouted INTEGER NOT NULL CONSTRAINT record_unrouted_is_0_or_1 CHECK (unrouted IN (0, 1)),
      sender TEXT NOT NULL,
      credential TEXT NOT NULL,
      body_sha256 BLOB NOT NULL CONSTRAINT record_body_sha256_is_32_bytes CHECK (length(body_sha256) = 32),
      rules_version INTEGER NOT NULL,
      call_id TEXT,
      conversation_id TEXT,
      request_id TEXT,
      from_number TEXT,
      to_number TEXT,
      content_type TEXT,
      -- JSON lists of [name, value], without credentials.
      headers TEXT NOT NULL,
      query TEXT NOT NULL,
      -- As received; NULL once retention or a person removed it.
      body BLOB
    ) STRICT;
    CREATE UNIQUE INDEX record_dedup ON record (dedup_key, content_hash);
    CREATE INDEX record_unrouted ON record (id) WHERE unrouted = 1;

    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY,
      record INTEGER NOT NULL REFERENCES record (id),
      destination TEXT NOT NULL,
      rule TEXT NOT NULL,
      state TEXT NOT NULL CONSTRAINT delivery_state_is_a_word
        CHECK (state = 'waiting' OR state = 'sending' OR state = 'delivered' OR state = 'dead' OR state = 'cancelled'),
      created_at_ms INTEGER NOT NULL,
      -- Attempts that count, and those of them made before the last replay.
      attempts INTEGER NOT NULL DEFAULT 0 CONSTRAINT delivery_attempts_count_from_0 CHECK (attempts >= 0),
      attempts_before_replay INTEGER NOT NULL DEFAULT 0
        CONSTRAINT delivery_replay_keeps_attempts CHECK (attempts_before_replay BETWEEN 0 AND attempts),
      -- All tries, also postponed and interrupted ones: the number of rows in attempt.
      tries INTEGER NOT NULL DEFAULT 0 CONSTRAINT delivery_tries_include_attempts CHECK (tries >= attempts),
      replays INTEGER NOT NULL DEFAULT 0 CONSTRAINT delivery_replays_count_from_0 CHECK (replays >= 0),
      -- Giving up counts from here, less the time for which the destination was held since.
      clock_started_at_ms INTEGER NOT NULL,
      held_before_ms INTEGER NOT NULL,
      next_attempt_at_ms INTEGER,
      settled_at_ms INTEGER,
      -- Why it is in this state: the status or error of the last attempt, the words of the person who cancelled it.
      reason TEXT,
      CONSTRAINT delivery_waits_for_a_time CHECK ((state = 'waiting') = (next_attempt_at_ms IS NOT NULL)),
      CONSTRAINT delivery_settles_once CHECK ((state IN ('waiting', 'sending')) = (settled_at_ms IS NULL)),
      CONSTRAINT delivery_ends_with_a_reason CHECK (state NOT IN ('dead', 'cancelled') OR reason IS NOT NULL)
    ) STRICT;
    CREATE INDEX delivery_of_record ON delivery (record);
    -- Destination first, so that a million held deliveries never stand before one that can go.
    CREATE INDEX delivery_due ON delivery (destination, next_attempt_at_ms) WHERE state = 'waiting';
    CREATE INDEX delivery_sending ON delivery (destination) WHERE state = 'sending';
    CREATE INDEX delivery_dead ON delivery (destination, settled_at_ms) WHERE state = 'dead';

    CREATE TABLE attempt (
      delivery INTEGER NOT NULL REFERENCES delivery (id),
      number INTEGER NOT NULL CONSTRAINT attempt_number_counts_from_1 CHECK (number >= 1),
      started_at_ms INTEGER NOT NULL,
      took_ms INTEGER NOT NULL,
      -- Of the body that was sent, or would have been; NULL where it could not be rendered.
      request_sha256 BLOB CONSTRAINT attempt_request_sha256_is_32_bytes
        CHECK (request_sha256 IS NULL OR length(request_sha256) = 32),
      -- The HTTP status; NULL where no answer came.
      status INTEGER,
      outcome TEXT NOT NULL CONSTRAINT attempt_outcome_is_a_word
        CHECK (outcome = 'delivered' OR outcome = 'retry' OR outcome = 'dead' OR outcome = 'postponed'
          OR outcome = 'interrupted'),
      reason TEXT,
      -- The first kilobytes of the answer.
      response BLOB,
      PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE dead_letter (
      delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
      died_at_ms INTEGER NOT NULL,
      -- The HTTP status of the last answer; NULL where none came.
      status INTEGER,
      reason TEXT NOT NULL
    ) STRICT;

    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      state TEXT NOT NULL CONSTRAINT quarantine_state_is_a_word
        CHECK (state = 'kept' OR state = 'replayed' OR state = 'discarded'),
      received_at_ms INTEGER NOT NULL,
      last_received_at_ms INTEGER NOT NULL,
      times INTEGER NOT NULL CONSTRAINT quarantine_times_count_from_1 CHECK (times >= 1),
      sender TEXT NOT NULL,
      credential TEXT NOT NULL,
      -- What the sender was answered: 400, 413, 415 or 422, and why.
      status INTEGER NOT NULL,
      reason TEXT NOT NULL,
      -- Of the body, or of what is known of one that was too large to read.
      content_hash BLOB NOT NULL CONSTRAINT quarantine_content_hash_is_32_bytes CHECK (length(content_hash) = 32),
      size INTEGER,
      content_type TEXT,
      headers TEXT NOT NULL,
      query TEXT NOT NULL,
      body BLOB,
      -- The record that a replay made of it.
      record INTEGER,
      settled_at_ms INTEGER,
      CONSTRAINT quarantine_settles_once CHECK ((state = 'kept') = (settled_at_ms IS NULL)),
      CONSTRAINT quarantine_replay_made_a_record CHECK ((state = 'replayed') = (record IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX quarantine_content ON quarantine (source, content_hash);
    CREATE INDEX quarantine_kept ON quarantine (source, id) WHERE state = 'kept';

    -- What a person did.
    CREATE TABLE action (
      id INTEGER PRIMARY KEY,
      done_at_ms INTEGER NOT NULL,
      user TEXT NOT NULL,
      command TEXT NOT NULL,
      count INTEGER NOT NULL,
      reason TEXT
    ) STRICT;

    -- How long a destination was held in all; NULL in held_since_at_ms where it is not held now.
    CREATE TABLE destination (
      name TEXT PRIMARY KEY,
      held_total_ms INTEGER NOT NULL DEFAULT 0,
      held_since_at_ms INTEGER
    ) STRICT, WITHOUT ROWID;

    -- Why a destination takes nothing for now. It is held while it has a row here.
    CREATE TABLE hold (
      destination TEXT NOT NULL REFERENCES destination (name),
      kind TEXT NOT NULL CONSTRAINT hold_kind_is_known
        CHECK (kind = 'rules' OR kind = 'person' OR kind = 'credentials'),
      since_at_ms INTEGER NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (destination, kind)
    ) STRICT, WITHOUT ROWID;

    -- What came in, by hour of UTC.
    CREATE TABLE source_hour (
      source TEXT NOT NULL,
      hour_at_ms INTEGER NOT NULL,
      accepted INTEGER NOT NULL DEFAULT 0,
      duplicate INTEGER NOT NULL DEFAULT 0,
      refused INTEGER NOT NULL DEFAULT 0,
      quarantined INTEGER NOT NULL DEFAULT 0,
      last_record_at_ms INTEGER,
      PRIMARY KEY (source, hour_at_ms)
    ) STRICT, WITHOUT ROWID;
    """

  /// The same columns as `quarantine`, and two that keep it bounded.
  private static let version2 = """
    -- Requests without a valid credential, of sources that keep such (keep_refused). Never records by themselves.
    CREATE TABLE refused (
      id INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      state TEXT NOT NULL CONSTRAINT refused_state_is_a_word
        CHECK (state = 'kept' OR state = 'replayed' OR state = 'discarded'),
      received_at_ms INTEGER NOT NULL,
      last_received_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      times INTEGER NOT NULL CONSTRAINT refused_times_count_from_1 CHECK (times >= 1),
      sender TEXT NOT NULL,
      -- What was presented, by its kind and a fingerprint that means nothing beyond one run of the relay; never itself.
      credential TEXT NOT NULL,
      status INTEGER NOT NULL,
      reason TEXT NOT NULL,
      -- Of the body, or of what is known of one that was too large to read.
      content_hash BLOB NOT NULL CONSTRAINT refused_content_hash_is_32_bytes CHECK (length(content_hash) = 32),
      size INTEGER,
      content_type TEXT,
      headers TEXT NOT NULL,
      query TEXT NOT NULL,
      body BLOB,
      -- Of body, headers and query as they stand here.
      bytes INTEGER NOT NULL CONSTRAINT refused_bytes_count_from_0 CHECK (bytes >= 0),
      -- The record that a replay made of it.
      record INTEGER,
      settled_at_ms INTEGER,
      CONSTRAINT refused_settles_once CHECK ((state = 'kept') = (settled_at_ms IS NULL)),
      CONSTRAINT refused_replay_made_a_record CHECK ((state = 'replayed') = (record IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX refused_content ON refused (source, content_hash);
    CREATE INDEX refused_of_source ON refused (source, id, bytes);
    CREATE INDEX refused_kept ON refused (source, id) WHERE state = 'kept';
    CREATE INDEX refused_expiring ON refused (expires_at_ms);
    """

  private static let version3 = """
    -- How many deliveries are waiting or sending: one row, changed in the transaction that changes them.
    CREATE TABLE queue_count (
      one INTEGER PRIMARY KEY CONSTRAINT queue_count_has_one_row CHECK (one = 1),
      unsettled INTEGER NOT NULL CONSTRAINT queue_count_counts_from_0 CHECK (unsettled >= 0)
    ) STRICT;
    INSERT INTO queue_count
      SELECT 1, (SELECT count(*) FROM delivery WHERE state = 'waiting')
        + (SELECT count(*) FROM delivery WHERE state = 'sending');
    """

  /// A record's deliveries have the ids that follow its own (`deliverySpan`), so that the table finds them by its primary
  /// key. An index of all of them was a seventh of the pages that a commit writes. Only others stand in it: none, but for
  /// what somebody puts there later.
  private static let version4 = """
    DROP INDEX delivery_of_record;
    CREATE INDEX delivery_of_record ON delivery (record) WHERE id - record NOT BETWEEN 1 AND 134217728;
    """

  /// What retention, `erase` and `backup` remember.
  private static let version5 = """
    -- How far retention has walked: every record up to this id, older than the span in milliseconds, was looked at under
    -- this policy.
    CREATE TABLE retention_cursor (
      span INTEGER PRIMARY KEY,
      record INTEGER NOT NULL,
      policy TEXT NOT NULL
    ) STRICT;
    -- Records that the walk has passed and that are to be looked at again: something of them was not settled, or not for
    -- long enough.
    CREATE TABLE retention_later (
      record INTEGER PRIMARY KEY,
      look_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX retention_later_due ON retention_later (look_at_ms);

    -- Whom `erase` removed, as keyed hashes (see ErasedPeople): nothing here names anybody without the key.
    CREATE TABLE erased (
      hash BLOB PRIMARY KEY CONSTRAINT erased_hash_is_32_bytes CHECK (length(hash) = 32),
      -- 1: of the whole number or name; 0: of the end of a number.
      whole INTEGER NOT NULL CONSTRAINT erased_whole_is_0_or_1 CHECK (whole IN (0, 1)),
      erased_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE erasure_key (
      one INTEGER PRIMARY KEY CONSTRAINT erasure_key_has_one_row CHECK (one = 1),
      key BLOB NOT NULL CONSTRAINT erasure_key_is_32_bytes CHECK (length(key) = 32)
    ) STRICT;

    -- Copies that `backup` made of this database.
    CREATE TABLE backup (
      id INTEGER PRIMARY KEY,
      made_at_ms INTEGER NOT NULL,
      path TEXT NOT NULL
    ) STRICT;
    -- A row stands here in a copy on which no relay was started yet.
    CREATE TABLE copied (
      one INTEGER PRIMARY KEY CONSTRAINT copied_has_one_row CHECK (one = 1),
      copied_at_ms INTEGER NOT NULL
    ) STRICT;
    """

  /// More kinds of hold, and quotas.
  private static let version6 = """
    CREATE TABLE new_hold (
      destination TEXT NOT NULL REFERENCES destination (name),
      kind TEXT NOT NULL CONSTRAINT hold_kind_is_known
        CHECK (kind IN ('rules', 'person', 'credentials', 'refusals', 'breaker', 'limit', 'copy')),
      since_at_ms INTEGER NOT NULL,
      -- When a limit ends, or a breaker's next probe comes.
      until_at_ms INTEGER,
      reason TEXT NOT NULL,
      PRIMARY KEY (destination, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_hold SELECT destination, kind, since_at_ms, NULL, reason FROM hold;
    DROP TABLE hold;
    ALTER TABLE new_hold RENAME TO hold;
    -- What was sent of the quota of a day (rate_per_day), and when the next one begins.
    ALTER TABLE destination ADD COLUMN quota_used INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE destination ADD COLUMN quota_ends_at_ms INTEGER;
    """

  /// See `CallOrder`.
  private static let version7 = """
    -- Deliveries to destinations with "order": "per_call" that are not settled, in the order of their receipt. Of one call
    -- only the first may be sent; the others wait behind it.
    CREATE TABLE call_order (
      place INTEGER PRIMARY KEY,
      destination TEXT NOT NULL,
      call TEXT NOT NULL,
      delivery INTEGER NOT NULL REFERENCES delivery (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
    CREATE UNIQUE INDEX call_order_delivery ON call_order (delivery);
    -- With the place behind them, as every index has.
    CREATE INDEX call_order_line ON call_order (destination, call);
    """

  /// What the relay told by `alerts` and has not told to be over: a start tells none of it a second time.
  private static let version8 = """
    CREATE TABLE alert (
      condition TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      destination TEXT,
      source TEXT,
      text TEXT NOT NULL,
      -- Of what is counted: the count that was told.
      level INTEGER,
      began_at_ms INTEGER NOT NULL,
      told_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  /// See `CapturedValues`.
  private static let version9 = """
    -- What destinations with "capture" answered to the first delivery of a call, which those behind it update.
    CREATE TABLE captured (
      destination TEXT NOT NULL,
      -- As in call_order.
      call TEXT NOT NULL,
      -- JSON: a text or a number.
      value TEXT NOT NULL CONSTRAINT captured_value_is_short CHECK (length(value) BETWEEN 1 AND 1024),
      captured_at_ms INTEGER NOT NULL,
      -- Whose answer it was. It goes with it.
      delivery INTEGER NOT NULL REFERENCES delivery (id),
      PRIMARY KEY (destination, call)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX captured_delivery ON captured (delivery);
    """

  /// Rules that change while the relay runs.
  private static let version10 = """
    -- From where, and with apply and rollback by whom, a version came.
    ALTER TABLE rules_version ADD COLUMN path TEXT;
    ALTER TABLE rules_version ADD COLUMN changed_by TEXT;

    -- What became of the rule file when the relay looked at it last.
    CREATE TABLE rules_load (
      one INTEGER PRIMARY KEY CONSTRAINT rules_load_has_one_row CHECK (one = 1),
      -- Counts the loads, so that who waits for the next one knows it.
      number INTEGER NOT NULL,
      loaded_at_ms INTEGER NOT NULL,
      origin TEXT NOT NULL CONSTRAINT rules_load_origin_is_known CHECK (origin IN ('start', 'signal', 'watch')),
      path TEXT NOT NULL,
      -- Of the file's bytes; NULL where it could not be read.
      file_sha256 BLOB CONSTRAINT rules_load_sha256_is_32_bytes
        CHECK (file_sha256 IS NULL OR length(file_sha256) = 32),
      -- In force since.
      version INTEGER NOT NULL,
      -- A line each; none where the file was taken.
      problems TEXT NOT NULL,
      missing_secrets TEXT NOT NULL,
      -- Settings that act from the next start on.
      needs_restart TEXT NOT NULL
    ) STRICT;

    CREATE TABLE new_hold (
      destination TEXT NOT NULL REFERENCES destination (name),
      kind TEXT NOT NULL CONSTRAINT hold_kind_is_known
        CHECK (kind IN ('rules', 'person', 'credentials', 'refusals', 'breaker', 'limit', 'copy', 'secrets')),
      since_at_ms INTEGER NOT NULL,
      until_at_ms INTEGER,
      reason TEXT NOT NULL,
      PRIMARY KEY (destination, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_hold SELECT destination, kind, since_at_ms, until_at_ms, reason FROM hold;
    DROP TABLE hold;
    ALTER TABLE new_hold RENAME TO hold;
    """

  /// Ids behind a record's own within which those of its deliveries lie where they were made with it: 16 milliseconds of
  /// `Identifier`, which are 16,384 numbers of one process.
  static let deliverySpan: Int64 = 134_217_728
}
