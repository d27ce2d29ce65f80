-- Closed accounting periods, and the triggers of the book with everything they have to know by now.

-- Everything effective before `through` is closed, for good.
CREATE TABLE closed_periods (
    through   timestamptz PRIMARY KEY,
    closed_at timestamptz NOT NULL,
    closed_by uuid        NOT NULL,
    reason    text        NOT NULL CHECK (reason <> ''),
    CONSTRAINT closed_periods_are_past CHECK (through <= closed_at)
);
REVOKE UPDATE, DELETE ON closed_periods FROM ledger_service;
CREATE TRIGGER closed_periods_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON closed_periods
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('a closed period stays closed');

-- Waits for the transfers that are being posted and keeps others from beginning, so that none slips into the period
-- while it is closed.
CREATE FUNCTION ledger_close_period() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE public.transfers IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM public.closed_periods WHERE through >= NEW.through) THEN
        RAISE EXCEPTION 'periods are closed one after the other'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_periods_in_order';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER closed_periods_close BEFORE INSERT ON closed_periods
    FOR EACH ROW EXECUTE FUNCTION ledger_close_period();

-- Both run for every statement, over whole batches, and their plans are kept: they look rows up by their keys, whatever the
-- sizes of the tables were when the plan was made.
CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    off_balance text;
    in_parts text;
    closings uuid[];
    wrong text;
BEGIN
    -- Positions are unique, so those of a whole transfer are 0 to n - 1, and nothing can be added to it later.
    SELECT min(format('transfer %s is off', whole.transfer_id)) FILTER (WHERE whole.is_off),
           min(format('transfer %s is not inserted as a whole', whole.transfer_id))
               FILTER (WHERE whole.phase IS NULL OR whole.legs < 2 OR whole.last <> whole.legs - 1),
           array_agg(whole.transfer_id) FILTER (WHERE whole.phase = 'captured')
    INTO off_balance, in_parts, closings
    FROM (
        SELECT c.transfer_id, bool_or(c.total <> 0) AS is_off, sum(c.entries) AS legs, max(c.last) AS last,
               (SELECT t.phase FROM public.transfers t
                WHERE t.id = c.transfer_id AND t.phase IN ('posted', 'captured')) AS phase
        FROM (
            SELECT transfer_id, sum(amount) AS total, count(*) AS entries, max(position) AS last
            FROM added GROUP BY transfer_id, currency
        ) c
        GROUP BY c.transfer_id
    ) whole;
    IF off_balance IS NOT NULL THEN
        RAISE EXCEPTION '%', off_balance USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_sum_zero';
    END IF;
    IF in_parts IS NOT NULL THEN
        RAISE EXCEPTION '%', in_parts USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_whole_transfer';
    END IF;

    -- Whoever has read the balances beforehand holds these locks already.
    PERFORM FROM public.accounts WHERE id IN (SELECT account_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    -- What a hold keeps is free before its capture takes it.
    IF closings IS NOT NULL THEN
        PERFORM public.ledger_close_holds(closings);
    END IF;

    SELECT format('entry %s of account %s does not continue its balance', w.number, w.account_id) INTO wrong
    FROM (
        SELECT account_id, currency, number, balance_after, recorded_at,
               row_number() OVER earlier AS nth, sum(amount) OVER earlier AS change,
               min(recorded_at) OVER (PARTITION BY account_id) AS first_recorded_at
        FROM added WINDOW earlier AS (PARTITION BY account_id ORDER BY number)
    ) w
    LEFT JOIN public.accounts a ON a.id = w.account_id AND a.currency = w.currency
    WHERE a.id IS NULL
       OR w.number <> a.entry_count + w.nth
       OR w.balance_after <> a.posted + CASE a.normal_side WHEN 'debit' THEN w.change ELSE -w.change END
       OR w.recorded_at <> w.first_recorded_at
       OR w.recorded_at < a.last_recorded_at
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_running_balance';
    END IF;
    UPDATE public.accounts a
    SET posted = a.posted + CASE a.normal_side WHEN 'debit' THEN d.change ELSE -d.change END,
        entry_count = a.entry_count + d.entries,
        last_recorded_at = d.recorded_at
    FROM (
        SELECT account_id, sum(amount) AS change, count(*) AS entries, max(recorded_at) AS recorded_at
        FROM added GROUP BY account_id
    ) d
    WHERE a.id = d.account_id;
    RETURN NULL;
END
$$;

-- A transfer and its entries (or, of a hold, its legs) are inserted by one statement, which is over when this runs.
CREATE OR REPLACE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    empty text;
    untimely text;
    unknown text;
    closings uuid[];
BEGIN
    SELECT min(format('transfer %s has no entries', a.id)) FILTER (
               WHERE CASE a.phase
                   WHEN 'held' THEN
                       (SELECT count(*) FROM public.hold_legs l WHERE l.hold_id = a.id AND l.position = 0) = 0
                   WHEN 'voided' THEN false
                   WHEN 'expired' THEN false
                   ELSE (SELECT count(*) FROM public.entries e WHERE e.transfer_id = a.id AND e.position = 0) = 0
               END),
           min(format('transfer %s is effective in a closed period or later than it is recorded', a.id)) FILTER (
               WHERE a.effective_at > a.recorded_at
                  OR a.effective_at < (SELECT max(through) FROM public.closed_periods)),
           min(format('transfer %s reverses an unknown one', a.id)) FILTER (
               WHERE a.reverses IS NOT NULL
                 AND (a.reverses = a.id OR (SELECT count(*) FROM public.transfers t WHERE t.id = a.reverses) = 0)),
           array_agg(a.id) FILTER (WHERE a.phase IN ('voided', 'expired'))
    INTO empty, untimely, unknown, closings FROM added a;
    IF empty IS NOT NULL THEN
        RAISE EXCEPTION '%', empty USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_have_entries';
    END IF;
    IF untimely IS NOT NULL THEN
        RAISE EXCEPTION '%', untimely USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_in_open_period';
    END IF;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION '%', unknown USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfers_reverses';
    END IF;
    IF closings IS NOT NULL THEN
        PERFORM public.ledger_close_holds(closings);
    END IF;
    RETURN NULL;
END
$$;
