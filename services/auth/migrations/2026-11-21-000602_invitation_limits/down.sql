CREATE INDEX invitations_of_address ON invitations (lower(email));
DROP INDEX invitations_to_address;
DROP INDEX invitations_of_inviter;
