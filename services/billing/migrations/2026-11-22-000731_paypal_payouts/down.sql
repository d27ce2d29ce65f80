DROP INDEX payouts_of_movement;
DELETE FROM payouts WHERE provider_account_id IS NULL;
ALTER TABLE payouts
    DROP CONSTRAINT payouts_receiver_until_it_is_sent,
    DROP CONSTRAINT payouts_transferred_to_an_account,
    DROP CONSTRAINT payouts_sent_from_a_transfer,
    ADD CONSTRAINT payouts_sent_from_a_transfer CHECK (provider_payout_id IS NULL OR transfer_id IS NOT NULL),
    DROP COLUMN movement_id,
    DROP COLUMN receiver,
    ALTER COLUMN provider_account_id SET NOT NULL,
    ADD CONSTRAINT payouts_company_id_fkey FOREIGN KEY (company_id) REFERENCES payout_accounts (company_id);
DROP TABLE payout_receivers;
