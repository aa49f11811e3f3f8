extension Schema {
  static let version1 = """
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
}
