-- Two-phase transfers. A hold is a transfer in the phase `held`: it has legs and no entries, and its legs are pending on
-- their accounts. Exactly one later transfer closes it: `captured` (posts all of it or a part of each leg and lets the rest
-- go), `voided`, or `expired`. Nothing of this is ever updated: whether a hold is open follows from whether it has a closing.

ALTER TABLE transfers
    ADD COLUMN phase text NOT NULL DEFAULT 'posted'
        CONSTRAINT transfers_phase CHECK (phase IN ('posted', 'held', 'captured', 'voided', 'expired')),
    -- The hold that this transfer closes.
    ADD COLUMN hold_id uuid,
    -- From this instant on a hold is over.
    ADD COLUMN expires_at timestamptz,
    ADD CONSTRAINT transfers_close_holds CHECK ((hold_id IS NOT NULL) = (phase IN ('captured', 'voided', 'expired'))),
    ADD CONSTRAINT transfers_holds_expire CHECK (expires_at IS NULL OR (phase = 'held' AND expires_at > recorded_at));
-- Two captures, a capture and a void: one of them.
CREATE UNIQUE INDEX transfers_hold_closed_once ON transfers (hold_id) WHERE hold_id IS NOT NULL;

CREATE TABLE hold_legs (
    hold_id    uuid     NOT NULL,
    position   smallint NOT NULL CHECK (position >= 0),
    account_id uuid     NOT NULL,
    -- Positive is a debit, negative a credit.
    amount     bigint   NOT NULL CHECK (amount <> 0 AND amount <> -9223372036854775808),
    currency   text     NOT NULL,
    PRIMARY KEY (hold_id, position)
);
CREATE INDEX hold_legs_by_account ON hold_legs (account_id, hold_id);

-- The holds without a closing; kept by the triggers below.
CREATE TABLE open_holds (
    hold_id    uuid PRIMARY KEY,
    expires_at timestamptz
);
CREATE INDEX open_holds_by_expiry ON open_holds (expires_at) WHERE expires_at IS NOT NULL;

CREATE TRIGGER hold_legs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hold_legs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('the ledger is append-only');
CREATE TRIGGER open_holds_follow BEFORE INSERT OR UPDATE OR DELETE ON open_holds
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION ledger_refuse('open holds follow from transfers');
REVOKE UPDATE, DELETE ON hold_legs FROM ledger_service;
REVOKE INSERT, UPDATE, DELETE ON open_holds FROM ledger_service;

-- Moves what holds keep pending on their accounts: up when they are placed (1), down when they are closed (-1). Locks the
-- accounts in the order of their ids, as everybody does.
CREATE FUNCTION ledger_move_pending(holds uuid[], direction integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.accounts
    WHERE id IN (SELECT account_id FROM public.hold_legs WHERE hold_id = ANY (holds)) ORDER BY id FOR NO KEY UPDATE;
    UPDATE public.accounts a
    SET pending_debits = a.pending_debits + direction * d.debits,
        pending_credits = a.pending_credits + direction * d.credits
    FROM (
        SELECT account_id, sum(greatest(amount, 0)) AS debits, sum(-least(amount, 0)) AS credits
        FROM public.hold_legs WHERE hold_id = ANY (holds) GROUP BY account_id
    ) d
    WHERE a.id = d.account_id;
END
$$;
REVOKE ALL ON FUNCTION ledger_move_pending(uuid[], integer) FROM PUBLIC;

-- Runs after the statement that has inserted whole holds.
CREATE FUNCTION ledger_place_holds() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong text;
BEGIN
    SELECT format('hold %s is off by %s %s', hold_id, sum(amount), currency) INTO wrong
    FROM added GROUP BY hold_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_legs_sum_zero';
    END IF;
    SELECT format('hold %s is not inserted as a whole', whole.hold_id) INTO wrong
    FROM (
        SELECT hold_id, count(*) AS legs, min(position) AS first, max(position) AS last FROM added GROUP BY hold_id
    ) whole
    LEFT JOIN public.transfers t ON t.id = whole.hold_id AND t.phase = 'held'
    WHERE t.id IS NULL OR whole.legs < 2 OR whole.first <> 0 OR whole.last <> whole.legs - 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_legs_whole';
    END IF;
    SELECT format('leg %s of hold %s is on no account of its currency', l.position, l.hold_id) INTO wrong
    FROM added l LEFT JOIN public.accounts a ON a.id = l.account_id AND a.currency = l.currency
    WHERE a.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'hold_legs_account';
    END IF;
    INSERT INTO public.open_holds (hold_id, expires_at)
    SELECT t.id, t.expires_at FROM public.transfers t WHERE t.id IN (SELECT hold_id FROM added);
    PERFORM public.ledger_move_pending(ARRAY(SELECT DISTINCT hold_id FROM added), 1);
    RETURN NULL;
END
$$;
CREATE TRIGGER hold_legs_place AFTER INSERT ON hold_legs REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_place_holds();

-- Closes the holds of these transfers. What a capture posts on an account is on the side of the hold's legs there and
-- no more than they are.
CREATE FUNCTION ledger_close_holds(closings uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
    holds uuid[];
BEGIN
    DELETE FROM public.open_holds o USING public.transfers c
    WHERE c.id = ANY (closings) AND o.hold_id = c.hold_id;
    SELECT array_agg(c.hold_id) INTO holds FROM public.transfers c WHERE c.id = ANY (closings);
    SELECT format('transfer %s closes hold %s at a wrong time', c.id, c.hold_id) INTO wrong
    FROM public.transfers c LEFT JOIN public.transfers h ON h.id = c.hold_id AND h.phase = 'held'
    WHERE c.id = ANY (closings)
      AND (h.id IS NULL
           OR (c.phase = 'captured' AND c.recorded_at >= h.expires_at)
           OR (c.phase = 'expired' AND coalesce(c.recorded_at < h.expires_at, true)))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_close_in_time';
    END IF;
    SELECT format('transfer %s captures more than hold %s holds', c.id, c.hold_id) INTO wrong
    FROM public.transfers c
    JOIN (
        SELECT transfer_id, account_id, sum(amount) AS posted FROM public.entries
        WHERE transfer_id = ANY (closings) GROUP BY transfer_id, account_id
    ) e ON e.transfer_id = c.id
    LEFT JOIN (
        SELECT hold_id, account_id, sum(amount) AS held FROM public.hold_legs
        WHERE hold_id = ANY (holds) GROUP BY hold_id, account_id
    ) l ON l.hold_id = c.hold_id AND l.account_id = e.account_id
    WHERE c.id = ANY (closings)
      AND NOT coalesce(e.posted BETWEEN least(l.held, 0) AND greatest(l.held, 0), false)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_capture_within_hold';
    END IF;
    PERFORM public.ledger_move_pending(holds, -1);
END
$$;
REVOKE ALL ON FUNCTION ledger_close_holds(uuid[]) FROM PUBLIC;
