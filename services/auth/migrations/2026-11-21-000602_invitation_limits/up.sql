-- How much a person, and how much a mailbox, has to do with invitations of the last day, whatever the company.
CREATE INDEX invitations_of_inviter ON invitations (invited_by, mailed_at);
CREATE INDEX invitations_to_address ON invitations (lower(email), mailed_at);
DROP INDEX invitations_of_address;
