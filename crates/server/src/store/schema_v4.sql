-- Files of chats. The bytes are beside the database, each under the SHA-256 of its content, in hex.

CREATE TABLE chat_attachment (
    owner_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    attachment_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT,
    uploader TEXT NOT NULL,
    -- As the content shows it.
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    -- The small view of an image, a JPEG.
    preview_sha256 TEXT,
    uploaded_ms INTEGER NOT NULL,
    -- What it was sent with, and goes with.
    message_id INTEGER,
    PRIMARY KEY (owner_id, thread_id, attachment_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_attachment_by_message ON chat_attachment (owner_id, thread_id, message_id);
CREATE INDEX chat_attachment_unsent ON chat_attachment (uploaded_ms) WHERE message_id IS NULL;
CREATE INDEX chat_attachment_by_uploader ON chat_attachment (uploader, message_id);
CREATE INDEX chat_attachment_by_content ON chat_attachment (sha256);
CREATE INDEX chat_attachment_by_preview ON chat_attachment (preview_sha256) WHERE preview_sha256 IS NOT NULL;

-- Contents that a row named and perhaps none does any more: what is not named is removed from the disk.
CREATE TABLE chat_unnamed (sha256 TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
