extension Schema {
  /// The same columns as `quarantine`, and two that keep it bounded.
  static let version2 = """
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
}
