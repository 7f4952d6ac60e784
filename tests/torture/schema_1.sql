-- The first schema of the outbox as it was released; tests bring it up to date. Never changed.
PRAGMA page_size = 4096;
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x616c696d;
PRAGMA user_version = 1;

CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    phase       INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    channel     INTEGER NOT NULL,
    certainty   INTEGER NOT NULL,
    reason      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    fell_back   INTEGER NOT NULL,
    left_at     INTEGER,
    sent_at     INTEGER,
    finished_at INTEGER,
    reference   TEXT NOT NULL,
    vendor_code TEXT NOT NULL,
    key         TEXT NOT NULL,
    digest      BLOB NOT NULL,
    priority    INTEGER NOT NULL,
    account     TEXT NOT NULL,
    gateway     TEXT NOT NULL,
    template    TEXT NOT NULL,
    tag         TEXT NOT NULL,
    fallback    INTEGER NOT NULL,
    owner       INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    send_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    delegated   INTEGER NOT NULL,
    payload     BLOB,
    -- A message that waits to be sent waits for its gateway, and not for those of others.
    lane        TEXT GENERATED ALWAYS AS (CASE WHEN phase <= 2 THEN gateway END) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX message_key ON message (key);
CREATE INDEX message_work ON message (phase, lane, due);
-- Reports speak of messages by the gateway's own name.
CREATE INDEX message_reference ON message (reference) WHERE reference <> '';

-- Once per content; one line in image_use for each message that still has its content.
CREATE TABLE image (
    id    INTEGER PRIMARY KEY,
    name  BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE image_use (
    message INTEGER NOT NULL,
    image   INTEGER NOT NULL,
    PRIMARY KEY (message, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_use_image ON image_use (image);

-- The keys with which something in this file may be sealed; see vault.rs.
CREATE TABLE seal (
    id         BLOB PRIMARY KEY,
    digest_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE statistic (
    basis     INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    account   TEXT NOT NULL,
    template  TEXT NOT NULL,
    tag       TEXT NOT NULL,
    channel   INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    asked     INTEGER NOT NULL,
    sent      INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    fell_back INTEGER NOT NULL,
    billable  INTEGER NOT NULL,
    PRIMARY KEY (basis, day, account, template, tag, channel, state, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    holder  TEXT NOT NULL
) STRICT;

CREATE TABLE tally (
    numbered INTEGER NOT NULL,
    open     INTEGER NOT NULL
) STRICT;
INSERT INTO tally VALUES (0, 0);
