"""The tables, written once.

Owns the shape of the store. Times are text as `clock.stamp` writes them, money is integer minor units, lists and
snapshots are JSON text, states are the public words of the project. Ids that appear in links are AUTOINCREMENT: an id
is never given twice, so that an old link can never come to mean somebody else's row.

Changes to a store that exists are steps in `migrations`; a test compares what they lead to with what stands here.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE installation (
    name TEXT PRIMARY KEY,                 -- mode, created_at, clock_offset_ms, installation_id
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE starts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- one row for each start of the daemon
    started_at TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    listen TEXT NOT NULL DEFAULT '',       -- where its pages are served
    stopped_at TEXT,
    quiet_at TEXT                          -- sandbox: the moment up to which everything due has been done
);

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kana TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL,                  -- ja, en
    channel TEXT NOT NULL,                 -- confirm, mail, letter, none
    postal_code TEXT NOT NULL DEFAULT '',
    postal_address TEXT NOT NULL DEFAULT '',
    delivery TEXT NOT NULL,                -- link, pdf, both: for addresses that do not say otherwise
    status TEXT NOT NULL,                  -- new, invited, registered, approved, declined
    password_hash TEXT NOT NULL DEFAULT '',  -- Argon2id, set by the customer in place of a letter's; empty: none
    password_version INTEGER NOT NULL DEFAULT 1,  -- sessions of an older one, or of a letter, have ended
    import_id INTEGER REFERENCES imports (id),
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (issuer, code)
);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    issuer TEXT NOT NULL,
    email TEXT NOT NULL,                   -- as it is written on the envelope
    email_key TEXT NOT NULL,               -- the same mailbox compares equal
    status TEXT NOT NULL,                  -- pending, confirmed, muted, undeliverable, removed
    delivery TEXT NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    source TEXT NOT NULL,                  -- import, page
    removed_by TEXT,                       -- staff, customer: an import puts back only what staff took off
    version INTEGER NOT NULL DEFAULT 1,    -- of its proof; a link of an older version is superseded
    confirmed_at TEXT,
    confirmed_network TEXT,
    last_reminded_on TEXT,                 -- local date at the issuer
    snoozed_until TEXT,                    -- no reminder before that moment
    quiet_changed_at TEXT,                 -- when reminders were last stopped, put off or begun again
    bounce_score INTEGER NOT NULL DEFAULT 0,  -- soft bounces: a point a day at most, less with time
    bounced_on TEXT,                       -- local date of the last point
    probed_at TEXT,                        -- when a probe was queued for it; NULL: none is out
    typed_in INTEGER,                      -- the session that asked for it on a page; 0: several, NULL: none
    created_at TEXT NOT NULL,
    UNIQUE (customer_id, email_key)
);
CREATE INDEX addresses_probed ON addresses (probed_at) WHERE probed_at IS NOT NULL;
CREATE INDEX addresses_by_mailbox ON addresses (issuer, email_key);
CREATE INDEX addresses_by_key ON addresses (email_key);

CREATE TABLE files (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    stored_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    kind TEXT NOT NULL,                    -- customers, invoices
    state TEXT NOT NULL,                   -- taken, cancelled
    source TEXT NOT NULL,                  -- file name, without its folder
    source_sha256 TEXT NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_changed INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    sends_from TEXT NOT NULL,              -- taken_at + send_delay
    cancelled_at TEXT
);

CREATE TABLE staged_invoices (             -- written in slices, seen by nobody; one INSERT ... SELECT takes them
    batch TEXT NOT NULL,
    line INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    subject TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    note TEXT NOT NULL,
    issue_date TEXT NOT NULL,
    due_date TEXT,
    publish_at TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    file_name TEXT NOT NULL,
    staged_at TEXT NOT NULL,
    PRIMARY KEY (batch, line)
) WITHOUT ROWID;

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    number TEXT NOT NULL,
    subject TEXT NOT NULL,
    amount INTEGER NOT NULL,               -- minor units of currency
    currency TEXT NOT NULL,                -- ISO 4217
    note TEXT NOT NULL DEFAULT '',
    issue_date TEXT NOT NULL,              -- YYYY-MM-DD
    due_date TEXT,
    file_sha256 TEXT NOT NULL REFERENCES files (sha256),
    file_name TEXT NOT NULL,               -- what the customer's browser saves it as
    status TEXT NOT NULL,                  -- scheduled, waiting, open, downloaded, withdrawn, replaced
    publish_at TEXT NOT NULL,
    issued_at TEXT,                        -- left scheduled
    sent_at TEXT,                          -- first notice accepted
    last_downloaded_at TEXT,
    downloads INTEGER NOT NULL DEFAULT 0,
    withdrawn_at TEXT,
    withdrawn_reason TEXT,
    import_id INTEGER REFERENCES imports (id),
    created_at TEXT NOT NULL,
    UNIQUE (issuer, number)
);
CREATE INDEX invoices_scheduled ON invoices (publish_at) WHERE status = 'scheduled';
CREATE INDEX invoices_by_customer ON invoices (customer_id, status);
CREATE INDEX invoices_by_import ON invoices (import_id);

CREATE TABLE deliveries (                  -- one invoice on its way to one address; its id is in the link
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    invoice_id INTEGER NOT NULL REFERENCES invoices (id),
    address_id INTEGER NOT NULL REFERENCES addresses (id),
    evidence TEXT NOT NULL DEFAULT 'planned',  -- planned, accepted, delivered, pressed, downloaded, acknowledged
    beneath TEXT,                          -- the evidence that an acknowledgement stands on; NULL: there is none
    doubtful INTEGER NOT NULL DEFAULT 0,   -- 1: the last press or download may have been a machine's
    accepted_at TEXT,
    pressed_at TEXT,
    downloaded_at TEXT,                    -- first undoubted
    base_date TEXT,                        -- local date of accepted_at: reminders count from it
    remind_at TEXT,                        -- next moment at which a sweep looks at it; NULL: never again
    reminded_step INTEGER NOT NULL DEFAULT 0,  -- highest step that was sent or passed over
    reminders INTEGER NOT NULL DEFAULT 0,  -- reminders queued
    came_back TEXT,                        -- why the last mail about it came back; NULL: it did not
    UNIQUE (invoice_id, address_id)
);
CREATE INDEX deliveries_by_address ON deliveries (address_id);
CREATE INDEX deliveries_to_remind ON deliveries (remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE presses (                     -- one press of a download button; the id is what a download pass carries
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER,                   -- NULL: pressed in a session's invoice list
    invoice_id INTEGER NOT NULL REFERENCES invoices (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    pressed_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,                 -- when the page was got: presses of one page have the same
    network TEXT NOT NULL,                 -- /24 or /48
    doubt TEXT NOT NULL DEFAULT '',        -- why it is doubtful, or empty
    downloaded_at TEXT,
    bytes INTEGER
);
CREATE INDEX presses_by_invoice ON presses (invoice_id);
CREATE INDEX presses_of_decoys ON presses (invoice_id, seen_at) WHERE doubt = 'decoy';

CREATE TABLE accesses (                    -- best effort, outside the ledger: a page was got, perhaps by a machine
    id INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL,
    got_at TEXT NOT NULL,
    method TEXT NOT NULL,
    network TEXT NOT NULL
);
CREATE INDEX accesses_by_delivery ON accesses (delivery_id, got_at);

CREATE TABLE editions (                    -- all that mails' bytes depend on besides rows: templates, cards, base URL
    digest TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    first_used_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE claims (                      -- up to 200 outbox rows taken up together; what their bytes depend on
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    start_id INTEGER NOT NULL REFERENCES starts (id),
    claimed_at TEXT NOT NULL,
    key TEXT NOT NULL,                     -- letter of the signing key
    edition TEXT NOT NULL REFERENCES editions (digest),
    heads TEXT NOT NULL                    -- JSON {issuer: [seq, hash]}: a committed head of each ledger
);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    kind TEXT NOT NULL,
    unique_key TEXT NOT NULL UNIQUE,       -- kind, subject, address, step: the same mail is never queued twice
    customer_id INTEGER,
    address_id INTEGER,                    -- NULL for mails to staff
    email TEXT NOT NULL,
    domain TEXT NOT NULL,                  -- of email, lower case: for limits per domain
    locale TEXT NOT NULL,
    payload TEXT NOT NULL,                 -- JSON: every fact that the mail states
    urgent INTEGER NOT NULL,               -- 1: a person waits for it at a page
    state TEXT NOT NULL,                   -- a word of domain.outbox.State
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    deadline_at TEXT NOT NULL,
    claim_id INTEGER,                      -- the claim that has it, or had it last
    composed_by INTEGER,                   -- the claim whose record its bytes follow; kept where it may have been taken
    resends INTEGER NOT NULL DEFAULT 0,    -- answers lost after the final dot
    message_id TEXT NOT NULL,              -- without angle brackets
    code INTEGER,
    response TEXT,
    bytes_sha256 TEXT,
    reason TEXT,                           -- why it is held or cancelled
    import_id INTEGER REFERENCES imports (id),
    created_at TEXT NOT NULL,
    finished_at TEXT,
    reported TEXT,                         -- what a server reported later: delayed, delivered, bounced
    reported_at TEXT,
    report_reason TEXT,                    -- why, in one word: userunknown, mailboxfull, ...
    report_said TEXT                       -- the server's words
);
CREATE INDEX outbox_due ON outbox (urgent DESC, next_attempt_at) WHERE state IN ('queued', 'deferred', 'unknown');
CREATE INDEX outbox_sending ON outbox (claim_id) WHERE state = 'sending';
CREATE INDEX outbox_by_address ON outbox (address_id, state);
CREATE INDEX outbox_by_message ON outbox (message_id);
CREATE INDEX outbox_held_back ON outbox (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE accounts (                    -- a company that receives invoices, of one issuer or of many
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_class TEXT NOT NULL,          -- corporation, sole_proprietor
    registration_number TEXT NOT NULL DEFAULT '',  -- T and 13 digits, or empty
    name TEXT NOT NULL,
    kana TEXT NOT NULL DEFAULT '',
    postal_code TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    phone TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE persons (                     -- somebody who signs in for an account
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    department TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    locale TEXT NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '',  -- Argon2id; empty: signs in by mailed links only
    password_version INTEGER NOT NULL DEFAULT 1,  -- sessions of an older one have ended
    created_at TEXT NOT NULL
);
CREATE INDEX persons_by_account ON persons (account_id);

CREATE TABLE invitations (                 -- an issuer asks a customer to connect
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    channel TEXT NOT NULL,                 -- mail, letter
    address_id INTEGER REFERENCES addresses (id),  -- whom it was mailed to; NULL: never mailed
    state TEXT NOT NULL,                   -- sent, received, approved, declined, expired, superseded
    version INTEGER NOT NULL DEFAULT 1,    -- of its link; an older one is superseded
    account_id INTEGER REFERENCES accounts (id),  -- once somebody has received it
    person_id INTEGER REFERENCES persons (id),  -- who decided
    sent_at TEXT,                          -- accepted by the relay, or printed
    decided_at TEXT,
    decided_network TEXT,
    expires_at TEXT NOT NULL,
    base_date TEXT,                        -- local date of sent_at: reminders count from it
    remind_at TEXT,
    reminded_step INTEGER NOT NULL DEFAULT 0,
    reminders INTEGER NOT NULL DEFAULT 0,
    listed_at TEXT,                        -- staff was told that nobody answers
    created_at TEXT NOT NULL
);
CREATE INDEX invitations_by_customer ON invitations (customer_id);
CREATE INDEX invitations_by_account ON invitations (account_id);
CREATE INDEX invitations_to_remind ON invitations (remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE paper_batches (               -- letters that are printed together
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    drawn_at TEXT NOT NULL,
    printed_at TEXT                        -- its file is on disk: all its codes come to life, now or after a kill
);
CREATE INDEX paper_batches_drawn ON paper_batches (issuer) WHERE printed_at IS NULL;

CREATE TABLE paper_codes (                 -- temporary ID and password on a letter
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES paper_batches (id),
    invitation_id INTEGER REFERENCES invitations (id),  -- NULL until it is printed
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    issuer TEXT NOT NULL,
    paper_id TEXT NOT NULL UNIQUE,         -- temporary ID: 12 Crockford base-32 characters, not secret
    secret_hmac TEXT NOT NULL,             -- HMAC-SHA-256 of the temporary password under the pepper
    state TEXT NOT NULL,                   -- drawn, live, used, replaced
    printed_at TEXT,
    used_at TEXT,
    used_in INTEGER,                       -- the session opened by the letter that goes on after it was used up in it
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX paper_codes_by_customer ON paper_codes (customer_id, state);
CREATE INDEX paper_codes_by_batch ON paper_codes (batch_id, state);
CREATE INDEX paper_codes_drawn ON paper_codes (batch_id) WHERE state = 'drawn';

CREATE TABLE claims_by_mail (              -- reviewed forms of somebody who had a letter; a mail proves the address
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    invitation_id INTEGER NOT NULL REFERENCES invitations (id),
    paper_code_id INTEGER NOT NULL REFERENCES paper_codes (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    locale TEXT NOT NULL,
    form TEXT NOT NULL,                    -- JSON of the reviewed forms; no password is among them
    requested_at TEXT NOT NULL,
    completed_at TEXT,
    completed_network TEXT,
    person_id INTEGER REFERENCES persons (id)
);
CREATE INDEX claims_by_code ON claims_by_mail (paper_code_id);

CREATE TABLE attempts (                    -- failed sign-ins and claims, counted for each subject and network
    subject TEXT NOT NULL,                 -- network:203.0.113.0/24, mailbox:<hash>@203.0.113.0/24, ...
    failures INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,                 -- a lock counts from it
    PRIMARY KEY (subject)
) WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts (last_at);

CREATE TABLE password_links (              -- a mailed link that sets a new password, good once
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES persons (id),
    requested_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX password_links_by_person ON password_links (person_id, requested_at);

CREATE TABLE sign_ins (                    -- a mailed sign-in link, good for one session
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER REFERENCES customers (id),  -- for one customer's address ...
    address_id INTEGER REFERENCES addresses (id),
    person_id INTEGER REFERENCES persons (id),  -- ... or for a person of an account
    requested_at TEXT NOT NULL,
    used_at TEXT,
    used_network TEXT,
    session_id INTEGER
);
CREATE INDEX sign_ins_by_address ON sign_ins (address_id, requested_at);
CREATE INDEX sign_ins_by_person ON sign_ins (person_id, requested_at) WHERE person_id IS NOT NULL;

CREATE TABLE sessions (                    -- of one customer, or of a person and all customers of the account
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER REFERENCES customers (id),
    address_id INTEGER,
    person_id INTEGER REFERENCES persons (id),
    password_version INTEGER NOT NULL DEFAULT 0,
    how TEXT NOT NULL,                     -- proof, confirm, sign_in, invitation, registration, password, letter, code
    paper_code_id INTEGER,                 -- of how=letter: the code that opened it, and without which it ends
    started_at TEXT NOT NULL,
    ended_at TEXT
);
CREATE INDEX sessions_by_letter ON sessions (customer_id) WHERE how = 'letter';

CREATE TABLE inbox (                       -- mails that came in; their bytes are on file before anybody is told so
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL UNIQUE,      -- the same mail through two doors, or twice through one, is one
    door TEXT NOT NULL,                    -- imap, smtp, lmtp, sandbox
    sender TEXT,                           -- of the envelope; empty: the null sender; NULL: the door does not know it
    recipients TEXT NOT NULL,              -- JSON list, of the envelope; empty where the door does not know them
    size INTEGER NOT NULL,
    state TEXT NOT NULL,                   -- received, done, set_aside
    class TEXT,                            -- bounce, complaint, challenge, auto-reply, person, command, own
    rule TEXT,                             -- what said so
    reason TEXT,                           -- of a bounce: the first recipient's
    hard INTEGER,
    from_email TEXT,
    subject TEXT,
    message_id TEXT,                       -- its own, without angle brackets
    issuer TEXT,                           -- whose business it is, where that is known
    customer_id INTEGER,
    address_id INTEGER,
    outbox_id INTEGER,                     -- the mail of ours that it is about
    attributed_by TEXT,                    -- tag, envid, message-id, report, sender
    action TEXT,                           -- what was done
    error TEXT,                            -- why it was set aside
    attempts INTEGER NOT NULL DEFAULT 0,   -- how often a daemon began with it; more than one: it did not end with it
    received_at TEXT NOT NULL,
    judged_at TEXT
);
CREATE INDEX inbox_to_judge ON inbox (id) WHERE state = 'received';
CREATE INDEX inbox_set_aside ON inbox (id) WHERE state = 'set_aside';
CREATE INDEX inbox_by_address ON inbox (address_id, received_at) WHERE address_id IS NOT NULL;
CREATE INDEX inbox_commands ON inbox (message_id) WHERE class = 'command';

CREATE TABLE inbox_raw (                   -- apart, so that a list reads no mail
    inbox_id INTEGER PRIMARY KEY REFERENCES inbox (id),
    content BLOB NOT NULL
);

CREATE TABLE mailboxes (                   -- how far a mailbox was read
    name TEXT PRIMARY KEY,                 -- user@host/folder
    uidvalidity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE successions (                 -- a recipient names who reads in his place
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    address_id INTEGER NOT NULL REFERENCES addresses (id),  -- who leaves
    email TEXT NOT NULL,                   -- who is to come
    email_key TEXT NOT NULL,
    locale TEXT NOT NULL,
    how TEXT NOT NULL,                     -- reply, page
    state TEXT NOT NULL,                   -- a word of domain.succession.State
    asked_at TEXT NOT NULL,
    confirmed_at TEXT,
    confirmed_network TEXT,
    due_at TEXT,                           -- when it is over unconfirmed, or takes effect by itself
    decided_at TEXT,                       -- approved, undone, taken effect or over
    decided_by TEXT                        -- staff, recipient, successor, time, newer
);
CREATE INDEX successions_by_address ON successions (address_id, state);
CREATE INDEX successions_due ON successions (due_at) WHERE state IN ('asked', 'confirmed');

CREATE TABLE ledger (
    issuer TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    fact TEXT NOT NULL,
    subject TEXT NOT NULL,
    details_hash TEXT NOT NULL,            -- SHA-256(salt, canonical JSON)
    hash TEXT NOT NULL,
    PRIMARY KEY (issuer, seq)
) WITHOUT ROWID;
CREATE INDEX ledger_by_subject ON ledger (issuer, subject);

CREATE TABLE ledger_details (              -- may be emptied by a purge without breaking the chain
    issuer TEXT NOT NULL,
    seq INTEGER NOT NULL,
    salt TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (issuer, seq)
) WITHOUT ROWID;
"""
