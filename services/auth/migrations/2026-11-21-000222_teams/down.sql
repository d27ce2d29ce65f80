DROP TABLE invitations;
DROP TABLE company_slugs;
ALTER TABLE companies DROP COLUMN deleted_at;
