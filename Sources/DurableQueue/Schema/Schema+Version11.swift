extension Schema {
  /// See `CallRequest`.
  static let version11 = """
    -- What clients asked a provider's call API for. One row is one call, dialled at most once.
    CREATE TABLE call_request (
      id INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      client TEXT NOT NULL,
      -- The client's Idempotency-Key; NULL where it sent none.
      idempotency_key TEXT,
      -- SHA-256 over source and request: the same key with another one is refused.
      request_sha256 BLOB NOT NULL CONSTRAINT call_request_sha256_is_32_bytes CHECK (length(request_sha256) = 32),
      from_number TEXT,
      to_number TEXT,
      -- JSON as the client sent it; NULL once a person was erased.
      request TEXT,
      state TEXT NOT NULL CONSTRAINT call_request_state_is_a_word
        CHECK (state = 'accepted' OR state = 'sending' OR state = 'placed' OR state = 'refused' OR state = 'unknown'),
      accepted_at_ms INTEGER NOT NULL,
      -- Committed before the first byte goes out.
      sending_at_ms INTEGER,
      settled_at_ms INTEGER,
      -- Why it was refused, or is unknown.
      fault TEXT CONSTRAINT call_request_fault_is_a_word
        CHECK (fault IS NULL OR fault = 'request' OR fault = 'credentials' OR fault = 'provider'
          OR fault = 'connection' OR fault = 'stopped' OR fault = 'no_answer'),
      -- The sentence for people, with the provider's own words.
      reason TEXT,
      -- The provider's id of the call.
      request_id TEXT,
      -- The HTTP status of the provider's answer, and the code inside.
      status INTEGER,
      code INTEGER,
      -- The first kilobytes of the provider's answer, without secrets.
      response BLOB,
      CONSTRAINT call_request_settles_once
        CHECK ((settled_at_ms IS NULL) = (state = 'accepted' OR state = 'sending')),
      CONSTRAINT call_request_is_marked_before_it_is_sent
        CHECK (sending_at_ms IS NOT NULL OR state = 'accepted' OR state = 'refused'),
      CONSTRAINT call_request_says_why CHECK ((fault IS NOT NULL) = (state = 'refused' OR state = 'unknown'))
    ) STRICT;
    CREATE UNIQUE INDEX call_request_key ON call_request (client, idempotency_key) WHERE idempotency_key IS NOT NULL;
    -- How many a client placed in the last minute and day; the newest first.
    CREATE INDEX call_request_rate ON call_request (client, accepted_at_ms);
    CREATE INDEX call_request_provider ON call_request (request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX call_request_open ON call_request (id) WHERE settled_at_ms IS NULL;
    CREATE INDEX call_request_of_source ON call_request (source, settled_at_ms);

    -- Which records are of a call that was placed here.
    CREATE TABLE call_record (
      call INTEGER NOT NULL REFERENCES call_request (id),
      record INTEGER NOT NULL,
      PRIMARY KEY (call, record)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX call_record_record ON call_record (record);
    """
}
