-- Once per statement, over all of its rows: a row trigger would cost most of the throughput.
CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- A transfer and its entries are inserted by one statement, which is over when this runs.
CREATE OR REPLACE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TABLE closed_periods;
DROP FUNCTION ledger_close_period();
