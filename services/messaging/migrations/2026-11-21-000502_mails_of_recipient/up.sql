-- What somebody was written, for whoever wants a copy of their data or goes.
CREATE INDEX mails_of_recipient ON mails (recipient, id);
CREATE INDEX mails_of_invited ON mails (lower(parameters ->> 'email')) WHERE template = 'invitation';
