-- Every key begins with the resource's or the tenant's id, and no id needs a central counter.

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE resource (
    resource_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    primary_key TEXT NOT NULL,
    secondary_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A deleted identity stays as a stone, so that its id is never given again.
CREATE TABLE identity (
    resource_id TEXT NOT NULL REFERENCES resource,
    user_id TEXT NOT NULL,
    token_version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    PRIMARY KEY (resource_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant (
    tenant_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    enable_acs_users INTEGER NOT NULL DEFAULT 0,
    require_for_meeting INTEGER NOT NULL DEFAULT 0,
    label TEXT NOT NULL DEFAULT 'Unverified',
    hide_banner INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE allowed_resource (
    tenant_id TEXT NOT NULL REFERENCES tenant,
    resource_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, resource_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    tenant_id TEXT NOT NULL REFERENCES tenant,
    object_id TEXT NOT NULL,
    upn TEXT NOT NULL,
    upn_folded TEXT NOT NULL,
    display_name TEXT NOT NULL,
    mode TEXT NOT NULL,
    enable_acs_federation_access INTEGER NOT NULL,
    token_version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, object_id),
    UNIQUE (tenant_id, upn_folded)
) STRICT, WITHOUT ROWID;

-- `8:orgid:` raw ids name the object only.
CREATE UNIQUE INDEX member_by_object ON member (object_id);
CREATE INDEX member_by_upn ON member (upn_folded);

CREATE TABLE directory_reader (
    tenant_id TEXT NOT NULL REFERENCES tenant,
    app_id TEXT NOT NULL,
    token_version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX directory_reader_by_app ON directory_reader (app_id);

CREATE TABLE audit (
    owner_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    target TEXT NOT NULL,
    call_id TEXT,
    PRIMARY KEY (owner_id, at_ms, entry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_time ON audit (at_ms);

CREATE TABLE call (
    owner_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    record TEXT NOT NULL,
    live INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (owner_id, call_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX call_live ON call (live, updated_ms);

-- How devices without a connection can be woken.
CREATE TABLE push_registration (
    owner_id TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (owner_id, raw_id, device_id)
) STRICT, WITHOUT ROWID;
