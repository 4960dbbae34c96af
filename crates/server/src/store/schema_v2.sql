-- Chat. A thread's owner is the resource, or the tenant, of whoever created it. Times and message ids are
-- milliseconds since 1970; what is JSON is written by the chat crate.

CREATE TABLE chat_thread (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    deleted_ms INTEGER,
    metadata TEXT NOT NULL,
    retention TEXT NOT NULL,
    -- When retention deletes it.
    due_ms INTEGER,
    -- It is deleted, and what it held is not dropped yet.
    purge INTEGER NOT NULL,
    -- What changes with nearly every command.
    stamp INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    last_message INTEGER,
    event INTEGER NOT NULL,
    app_users INTEGER NOT NULL,
    staff INTEGER NOT NULL,
    PRIMARY KEY (owner_id, thread_id)
) STRICT, WITHOUT ROWID;

-- A thread's id does not name its owner.
CREATE UNIQUE INDEX chat_thread_by_id ON chat_thread (thread_id);
CREATE INDEX chat_thread_due ON chat_thread (due_ms) WHERE due_ms IS NOT NULL AND deleted_ms IS NULL;
CREATE INDEX chat_thread_purge ON chat_thread (purge) WHERE purge = 1;

-- The row stays after a removal: whoever was removed keeps the old history.
CREATE TABLE chat_participant (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    display_name TEXT,
    share_history_ms INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    joined_ms INTEGER NOT NULL,
    joined_event INTEGER NOT NULL,
    removed_ms INTEGER,
    removed_event INTEGER,
    PRIMARY KEY (owner_id, thread_id, raw_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_participant_by_user ON chat_participant (raw_id, joined_ms, thread_id);

CREATE TABLE chat_message (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sequence_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content TEXT,
    sender TEXT,
    sender_name TEXT,
    client_id TEXT,
    deleted_ms INTEGER,
    edited_ms INTEGER,
    metadata TEXT,
    PRIMARY KEY (owner_id, thread_id, message_id)
) STRICT, WITHOUT ROWID;

-- A message is sent once, however often it is tried.
CREATE UNIQUE INDEX chat_message_by_client ON chat_message (owner_id, thread_id, sender, client_id)
    WHERE client_id IS NOT NULL;

-- Every event of a thread, without what messages say: the outbox, and what engines read after a gap.
CREATE TABLE chat_event (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (owner_id, thread_id, sequence)
) STRICT, WITHOUT ROWID;

-- The latest of each reader.
CREATE TABLE chat_receipt (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    read_ms INTEGER NOT NULL,
    PRIMARY KEY (owner_id, thread_id, raw_id)
) STRICT, WITHOUT ROWID;

-- A thread is created once, however often it is tried.
CREATE TABLE chat_creation (
    owner_id TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    -- Participants that were refused, in JSON: the answer is repeated whole.
    refused TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (owner_id, raw_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_creation_by_time ON chat_creation (created_ms);
