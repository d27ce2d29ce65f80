DROP INDEX mails_of_invited;
DROP INDEX mails_of_recipient;
