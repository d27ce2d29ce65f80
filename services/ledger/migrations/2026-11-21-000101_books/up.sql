-- The book of record. What must always hold is enforced here, so that no code path, present or future, can break it:
-- transfers are whole and sum to zero per currency, nothing is ever changed or removed, and a balance can only move
-- by an entry.

CREATE TABLE accounts (
    id              uuid        PRIMARY KEY,
    code            text        NOT NULL,
    currency        text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    kind            text        NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense')),
    normal_side     text        NOT NULL CHECK (normal_side IN ('debit', 'credit')),
    owner_type      text        CHECK (owner_type IN ('company', 'user')),
    owner_id        uuid,
    -- What may never be undercut by posted less what is pending against it; null where any balance is allowed.
    floor           bigint,
    -- On the normal side: a company's payable of 78.50 EUR is 7850.
    posted          bigint      NOT NULL DEFAULT 0,
    pending_debits  bigint      NOT NULL DEFAULT 0 CHECK (pending_debits >= 0),
    pending_credits bigint      NOT NULL DEFAULT 0 CHECK (pending_credits >= 0),
    entry_count     bigint      NOT NULL DEFAULT 0,
    opened_at       timestamptz NOT NULL,
    CONSTRAINT accounts_code UNIQUE (code, currency),
    CONSTRAINT accounts_owner CHECK ((owner_type IS NULL) = (owner_id IS NULL)),
    CONSTRAINT accounts_floor CHECK (
        floor IS NULL
        OR posted::numeric - CASE normal_side WHEN 'debit' THEN pending_credits ELSE pending_debits END >= floor
    )
    -- Room for the next version of a row on its own page: hot accounts are updated all the time.
) WITH (fillfactor = 50);
CREATE INDEX accounts_by_owner ON accounts (owner_type, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE transfers (
    id           uuid        PRIMARY KEY,
    seq          bigint      GENERATED ALWAYS AS IDENTITY,
    kind         text        NOT NULL,
    -- SHA-256 of the content: the same id with another content is refused.
    fingerprint  bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- What it is about, as a TypeID: a payment, a refund, a booking.
    source       text        NOT NULL,
    source_event uuid,
    effective_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    reverses     uuid,
    CONSTRAINT transfers_seq UNIQUE (seq)
);
CREATE INDEX transfers_by_source ON transfers (source, seq);

-- Foreign keys would be checked row by row; the triggers below check them for a whole statement at once.
CREATE TABLE entries (
    account_id    uuid        NOT NULL,
    -- 1, 2, 3, … within the account, without a gap.
    number        bigint      NOT NULL CHECK (number > 0),
    transfer_id   uuid        NOT NULL,
    -- 0, 1, 2, … within the transfer.
    position      smallint    NOT NULL CHECK (position >= 0),
    -- Positive is a debit, negative a credit.
    amount        bigint      NOT NULL CHECK (amount <> 0),
    currency      text        NOT NULL,
    -- The account's `posted` after this entry, on its normal side.
    balance_after bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, number),
    CONSTRAINT entries_of_transfer UNIQUE (transfer_id, position)
);

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('the ledger is append-only');
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('the ledger is append-only');
CREATE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('accounts stay');
CREATE TRIGGER accounts_open_empty BEFORE INSERT ON accounts
    FOR EACH ROW WHEN (NEW.posted <> 0 OR NEW.entry_count <> 0)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');
-- Depth 0 is a statement of a client; the trigger on entries updates at depth 1.
CREATE TRIGGER accounts_follow_entries
    BEFORE UPDATE OF id, code, currency, kind, normal_side, posted, entry_count ON accounts
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');

-- Once per statement, over all of its rows: a row trigger would cost most of the throughput.
CREATE FUNCTION ledger_apply_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT format('transfer %s is off by %s %s', transfer_id, sum(amount), currency) INTO wrong
    FROM added GROUP BY transfer_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_sum_zero';
    END IF;

    -- Positions are unique, so those of a whole transfer are 0 to n - 1, and nothing can be added to it later.
    SELECT format('transfer %s is not inserted as a whole', whole.transfer_id) INTO wrong
    FROM (
        SELECT transfer_id, count(*) AS legs, max(position) AS last FROM added GROUP BY transfer_id
    ) whole
    LEFT JOIN transfers t ON t.id = whole.transfer_id
    WHERE t.id IS NULL OR whole.legs < 2 OR whole.last <> whole.legs - 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_whole_transfer';
    END IF;

    WITH moved AS (
        UPDATE accounts a
        SET posted = a.posted + CASE a.normal_side WHEN 'debit' THEN d.change ELSE -d.change END,
            entry_count = a.entry_count + d.entries
        FROM (
            SELECT account_id, currency, sum(amount) AS change, count(*) AS entries
            FROM added GROUP BY account_id, currency
        ) d
        WHERE a.id = d.account_id AND a.currency = d.currency
        RETURNING a.id, a.currency, a.posted, a.entry_count,
                  CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END AS sign
    ), walked AS (
        SELECT account_id, currency, number, balance_after,
               row_number() OVER later - 1 AS entries_later,
               coalesce(sum(amount) OVER (later ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS change_later
        FROM added WINDOW later AS (PARTITION BY account_id, currency ORDER BY number DESC)
    )
    SELECT format('entry %s of account %s does not continue its balance', w.number, w.account_id) INTO wrong
    FROM walked w LEFT JOIN moved m ON m.id = w.account_id AND m.currency = w.currency
    WHERE m.id IS NULL
       OR w.number <> m.entry_count - w.entries_later
       OR w.balance_after <> m.posted - m.sign * w.change_later
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_running_balance';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_apply AFTER INSERT ON entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply_entries();

-- A transfer and its entries are inserted by one statement, which is over when this runs.
CREATE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT format('transfer %s has no entries', a.id) INTO wrong
    FROM added a WHERE NOT EXISTS (SELECT FROM entries e WHERE e.transfer_id = a.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_have_entries';
    END IF;
    SELECT format('transfer %s reverses an unknown one', a.id) INTO wrong
    FROM added a LEFT JOIN transfers t ON t.id = a.reverses
    WHERE a.reverses IS NOT NULL AND (t.id IS NULL OR t.id = a.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfers_reverses';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfers_whole AFTER INSERT ON transfers REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_transfers();
