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

CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong text;
    closings uuid[];
BEGIN
    SELECT format('transfer %s is off by %s %s', transfer_id, sum(amount), currency) INTO wrong
    FROM added GROUP BY transfer_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_sum_zero';
    END IF;

    -- Positions are unique, so those of a whole transfer are 0 to n - 1, and nothing can be added to it later.
    SELECT min(format('transfer %s is not inserted as a whole', whole.transfer_id))
               FILTER (WHERE t.id IS NULL OR whole.legs < 2 OR whole.last <> whole.legs - 1),
           array_agg(t.id) FILTER (WHERE t.phase = 'captured')
    INTO wrong, closings
    FROM (
        SELECT transfer_id, count(*) AS legs, max(position) AS last FROM added GROUP BY transfer_id
    ) whole
    LEFT JOIN public.transfers t ON t.id = whole.transfer_id AND t.phase IN ('posted', 'captured');
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_whole_transfer';
    END IF;

    -- Whoever has read the balances beforehand holds these locks already.
    PERFORM FROM public.accounts WHERE id IN (SELECT account_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    -- What a hold keeps is free before its capture takes it.
    IF closings IS NOT NULL THEN
        PERFORM public.ledger_close_holds(closings);
    END IF;

    WITH moved AS (
        UPDATE public.accounts a
        SET posted = a.posted + CASE a.normal_side WHEN 'debit' THEN d.change ELSE -d.change END,
            entry_count = a.entry_count + d.entries,
            last_recorded_at = greatest(a.last_recorded_at, d.last_recorded_at)
        FROM (
            SELECT account_id, currency, sum(amount) AS change, count(*) AS entries,
                   max(recorded_at) AS last_recorded_at
            FROM added GROUP BY account_id, currency
        ) d
        WHERE a.id = d.account_id AND a.currency = d.currency
        RETURNING a.id, a.currency, a.posted, a.entry_count, a.last_recorded_at,
                  CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END AS sign
    ), walked AS (
        SELECT account_id, currency, number, balance_after, recorded_at,
               row_number() OVER later - 1 AS entries_later,
               coalesce(sum(amount) OVER (later ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS change_later
        FROM added WINDOW later AS (PARTITION BY account_id, currency ORDER BY number DESC)
    )
    SELECT format('entry %s of account %s does not continue its balance', w.number, w.account_id) INTO wrong
    FROM walked w LEFT JOIN moved m ON m.id = w.account_id AND m.currency = w.currency
    WHERE m.id IS NULL
       OR w.number <> m.entry_count - w.entries_later
       OR w.balance_after <> m.posted - m.sign * w.change_later
       OR w.recorded_at <> m.last_recorded_at
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_running_balance';
    END IF;
    RETURN NULL;
END
$$;

-- A transfer and its entries (or, of a hold, its legs) are inserted by one statement, which is over when this runs.
CREATE OR REPLACE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong text;
    closings uuid[];
BEGIN
    SELECT min(format('transfer %s has no entries', a.id)) FILTER (
               WHERE (a.phase IN ('posted', 'captured')
                      AND NOT EXISTS (SELECT FROM public.entries e WHERE e.transfer_id = a.id AND e.position = 0))
                  OR (a.phase = 'held'
                      AND NOT EXISTS (SELECT FROM public.hold_legs l WHERE l.hold_id = a.id AND l.position = 0))),
           array_agg(a.id) FILTER (WHERE a.phase IN ('voided', 'expired'))
    INTO wrong, closings FROM added a;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_have_entries';
    END IF;
    SELECT format('transfer %s is effective in a closed period or later than it is recorded', a.id) INTO wrong
    FROM added a
    WHERE a.effective_at > a.recorded_at
       OR a.effective_at < (SELECT max(through) FROM public.closed_periods) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_in_open_period';
    END IF;
    SELECT format('transfer %s reverses an unknown one', a.id) INTO wrong
    FROM added a LEFT JOIN public.transfers t ON t.id = a.reverses
    WHERE a.reverses IS NOT NULL AND (t.id IS NULL OR t.id = a.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfers_reverses';
    END IF;
    IF closings IS NOT NULL THEN
        PERFORM public.ledger_close_holds(closings);
    END IF;
    RETURN NULL;
END
$$;
