-- Webhooks. The owner is whose threads' events they are told: a resource or a tenant.

CREATE TABLE webhook (
    owner_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Signs what is sent.
    secret TEXT NOT NULL,
    -- Names of events, in JSON; an empty list means all.
    events TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (owner_id, webhook_id)
) STRICT, WITHOUT ROWID;

-- What a webhook was not told yet: every event of the thread after `sequence`. There is no row when nothing is left.
CREATE TABLE webhook_due (
    owner_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    -- How often the next event was tried, and when it is tried again.
    attempts INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (owner_id, webhook_id, thread_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_due_by_time ON webhook_due (owner_id, webhook_id, due_ms);
CREATE INDEX webhook_due_by_thread ON webhook_due (owner_id, thread_id);
